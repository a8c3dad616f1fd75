import { change, NUMBERS, type ParameterName, settings, WORDS } from "../chat/settings.ts";

const LABELS: Readonly<Record<ParameterName, string>> = {
  temperature: "Temperature",
  top_p: "Top P",
  max_tokens: "Max tokens",
  seed: "Seed",
  frequency_penalty: "Frequency penalty",
  presence_penalty: "Presence penalty",
  reasoning_effort: "Reasoning effort",
  tool_choice: "Tool choice",
  stop: "Stop sequences, one a line",
};
/** The bounds of numbers, and their steps. */
const RANGES: Readonly<Record<(typeof NUMBERS)[number], object>> = {
  temperature: { min: 0, max: 2, step: 0.1, inputmode: "decimal" },
  top_p: { min: 0, max: 1, step: 0.05, inputmode: "decimal" },
  max_tokens: { min: 1, step: 1, inputmode: "numeric" },
  seed: { step: 1, inputmode: "numeric" },
  frequency_penalty: { min: -2, max: 2, step: 0.1 },
  presence_penalty: { min: -2, max: 2, step: 0.1 },
};
const CHOICES: Readonly<Record<(typeof WORDS)[number], readonly string[]>> = {
  reasoning_effort: ["none", "minimal", "low", "medium", "high", "xhigh", "max"],
  tool_choice: ["auto", "required", "none"],
};

/** What a request may say beside model, messages and tools. */
export function Parameters() {
  const set = Object.values(settings.value.parameters).filter((value) => value !== "").length;
  return (
    <details class="fold">
      <summary>
        Parameters{" "}
        {set > 0 && (
          <span id="parameter-count" class="count">
            {set} set
          </span>
        )}
      </summary>
      <p class="muted small">Only what is set is sent.</p>
      <div class="grid">
        {NUMBERS.map((name) => (
          <div key={name}>
            <Label name={name} />
            <input type="number" placeholder="unset" {...RANGES[name]} {...bound(name)} />
          </div>
        ))}
        {WORDS.map((name) => (
          <div key={name}>
            <Label name={name} />
            <select {...bound(name)}>
              <option value="">unset</option>
              {CHOICES[name].map((choice) => (
                <option key={choice}>{choice}</option>
              ))}
            </select>
          </div>
        ))}
        <div class="wide">
          <Label name="stop" />
          <textarea rows={2} placeholder="unset" {...bound("stop")} />
        </div>
      </div>
      <button id="reset-parameters" class="link" type="button" onClick={() => change({ parameters: {} })}>
        Unset all
      </button>
    </details>
  );
}

function Label({ name }: { readonly name: ParameterName }) {
  return <label for={name}>{LABELS[name]}</label>;
}

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** What makes a field that of a parameter. */
function bound(name: ParameterName) {
  return {
    id: name,
    value: settings.value.parameters[name] ?? "",
    onInput: ({ currentTarget: { value } }: { readonly currentTarget: Field }) =>
      change({ parameters: { ...settings.value.parameters, [name]: value } }),
  };
}
