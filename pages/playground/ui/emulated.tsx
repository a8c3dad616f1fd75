import { models } from "../session.ts";

/** Says whom of the models the local emulator answers for; nothing where it answers for none. */
export function Emulated() {
  const real = models.value.filter(({ id }) => id !== "auto");
  const emulated = real.filter((model) => model.emulated);
  if (emulated.length === 0) return null;
  const whom = emulated.length === real.length ? "" : ` for ${emulated.map(({ id }) => id).join(", ")}`;
  return (
    <p id="emulated" class="emulated">
      {`Local emulator${whom}: answers are made up, nothing is billed.`}
    </p>
  );
}
