/** The twelve tools: OpenClaw's names, and every kind of JSON Schema that its own use. */

type Schema = Readonly<Record<string, unknown>>;

const text = (description: string, more: Schema = {}): Schema => ({ type: "string", description, ...more });
const number = (description: string, more: Schema = {}): Schema => ({ type: "number", description, ...more });
const flag = (description: string): Schema => ({ type: "boolean", description });
const list = (items: Schema, description: string): Schema => ({ type: "array", items, description });

function tool(name: string, description: string, properties: Schema, ...required: string[]) {
  const parameters = { type: "object", ...(required.length > 0 && { required }), properties };
  return { type: "function", function: { name, description, parameters } };
}

const PATH = text("Where the file is, relative to the workspace or absolute.");

/** As in the request: by name, in alphabetical order. */
export const TOOLS = [
  tool(
    "apply_patch",
    "Change one or several files by a patch between its begin and end marks.",
    { input: text("The whole patch, marks included.") },
    "input",
  ),
  tool(
    "edit",
    "Replace exact passages of one file. Each old passage must occur once in the file as it was before the call; passages that touch belong into one entry. Leave long stretches that do not change out of both.",
    {
      path: PATH,
      edits: list(
        {
          type: "object",
          required: ["oldText", "newText"],
          properties: {
            oldText: text("The passage as it stands, with all its white space."),
            newText: text("What stands there afterwards."),
            expected: { type: ["integer", "null"], description: "How often the passage occurs, if known." },
          },
        },
        "The replacements, none of which overlaps another.",
      ),
    },
    "path",
    "edits",
  ),
  tool(
    "exec",
    "Run a command in the shell of the workspace. What ends soon returns its output at once; what runs on goes to the background and returns a handle for the tool that looks after processes. Never wait in a loop: the end of a background command wakes you. Programs that draw on a terminal need a pseudo terminal. Quote what the shell would read as its own, above all addresses with a question mark.",
    {
      title: text("In a few words what the command is for; no secrets.", { maxLength: 120 }),
      command: text("The command line."),
      workdir: text("Where to run it; empty for the workspace."),
      env: {
        type: "object",
        patternProperties: { "^.*$": { type: "string" } },
        description: "Variables to set for this command, taken as they are written.",
      },
      yieldMs: number("After how many milliseconds it goes to the background."),
      background: flag("Whether it goes there at once."),
      timeoutSeconds: number("When it is ended; 0 for never.", { minimum: 0 }),
      pty: flag("Whether it gets a pseudo terminal."),
      host: { enum: ["auto", "sandbox", "gateway", "node"], type: "string", description: "Where it runs." },
      ask: text("Asks for a stricter approval than the configuration demands."),
    },
    "command",
  ),
  tool("ls", "List a directory, hidden files and links included, sorted by the bytes of their names.", {
    path: text("The directory; the workspace where it is left out."),
    limit: number("The most entries to return."),
    after: text("The name that the page before ended with."),
  }),
  tool(
    "openclaw",
    "Have the gateway itself set up or mended by a turn of its own: channels, models, plugins, agents, a restart. Keys that are needed for it are asked for with hidden input and never in the conversation.",
    {
      message: text("What is to be done."),
      sessionId: { anyOf: [{ type: "string" }, { type: "null" }], description: "Goes on with such a turn." },
    },
    "message",
  ),
  tool(
    "process",
    "Look after a command that runs in the background: see whether it has ended, read what it wrote, send it keys or text, end it. Not a timer.",
    {
      action: text("What to do with it.", {
        enum: ["list", "poll", "log", "write", "send-keys", "submit", "paste", "kill", "clear", "remove"],
      }),
      sessionId: text("The handle; every action but list needs it."),
      data: text("The text of write."),
      keys: list({ type: "string" }, "The keys of send-keys, by name."),
      hex: list({ type: "string" }, "The bytes of send-keys, in hexadecimal."),
      literal: text("The characters of send-keys, as they are."),
      text: text("The text of paste."),
      bracketed: flag("Whether it is pasted between brackets."),
      eof: flag("Whether the input ends after write."),
      offset: number("The first line of log."),
      limit: number("The number of lines of log."),
      timeout: number("How long poll may wait, in milliseconds; more than 30000 counts as that.", {
        minimum: 0,
      }),
    },
    "action",
  ),
  tool(
    "read",
    "Read a file: a text, at most 2000 lines of it at once, or an image, which you then see.",
    {
      path: PATH,
      offset: { type: "integer", minimum: 1, description: "The line to begin with; the first is 1." },
      limit: number("The most lines to return."),
      cursor: { type: ["integer", "null"], minimum: 0, description: "The character of that line, from 0." },
      optional: {
        type: "boolean",
        const: true,
        description: "A file that does not exist is then an empty result instead of an error.",
      },
    },
    "path",
  ),
  tool(
    "sessions_yield",
    "End this turn because helpers are still at work; their results begin the next one. It hands in no result of yours: say that in an ordinary answer.",
    {
      waitFor: text("Wait for a message of your parent instead.", { const: "message" }),
      message: text("A note to yourself for the next turn."),
      acknowledgment: text("What the user may read until then."),
    },
  ),
  tool(
    "tool_call",
    "Call a tool that is not listed here, by the name that the search for tools gave.",
    {
      id: text("The name, or the search's own id."),
      args: { type: "object", patternProperties: { "^.*$": {} }, description: "What that tool takes." },
    },
    "id",
  ),
  tool(
    "tool_describe",
    "Read what a tool that is not listed here takes, where its description does not tell.",
    { id: text("The name, or the search's own id.") },
    "id",
  ),
  tool(
    "tool_search",
    "Look for tools that are not listed here, by words of their names and descriptions. One search goes into query, several independent ones together into queries. What it returns can be called by its name.",
    {
      query: {
        anyOf: [{ type: "string" }, { type: "null" }],
        description: "The words of one search, in English, since the descriptions are.",
      },
      limit: {
        anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }],
        description: "The most results of that search; null for the usual number.",
      },
      queries: {
        anyOf: [
          list(
            {
              type: "object",
              required: ["query"],
              properties: {
                query: text("The words of this search.", { minLength: 1, maxLength: 512 }),
                limit: { type: "integer", minimum: 1, description: "The most results of it." },
              },
            },
            "Up to sixteen searches.",
          ),
          { type: "null" },
        ],
        description: "Several searches at once; their results stay apart, in this order.",
      },
    },
  ),
  tool(
    "write",
    "Write a file, over one that is there; directories that are missing are made.",
    { path: PATH, content: text("All that the file shall hold.") },
    "path",
    "content",
  ),
];
