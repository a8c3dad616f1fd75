/** What can go wrong at Bedrock itself: HTTP errors in place of an answer, and trouble inside the stream. */
import { asString } from "../json.ts";
import { type Script, whole } from "../script.ts";
import {
  BedrockError,
  type BedrockErrorDetails,
  type BedrockErrorType,
  errorScript,
  invalid,
  serviceHeaders,
} from "./errors.ts";
import { errorFrame, exceptionFrame } from "./frames.ts";

/** Texts of the exceptions, as the service words them. */
const TEXT = {
  ThrottlingException: "Too many requests, please wait before trying again.",
  ServiceUnavailableException: "The service is temporarily unavailable. Please try again later.",
  InternalServerException:
    "The system encountered an unexpected error during processing. Try your request again.",
  ModelErrorException: "The model returned an error while processing the request.",
  ModelStreamErrorException: "The model returned an error while streaming the response.",
  ModelTimeoutException: "Model processing time exceeded the model timeout length.",
  ModelNotReadyException: "Model is not ready for inference. Wait and try your request again.",
  ValidationException: "Input is too long for requested model.",
  ServiceQuotaExceededException: "Your request exceeds the service quota for your account.",
  overloaded_error: "Overloaded",
} as const satisfies Partial<Record<BedrockErrorType, string>>;

type Worded = keyof typeof TEXT;

const fails =
  (type: Worded, details: BedrockErrorDetails = {}) =>
  (): Script =>
    errorScript(new BedrockError(type, TEXT[type], details));

const retryAfter = (type: Worded) => (argument: string) =>
  errorScript(new BedrockError(type, TEXT[type], argument ? { headers: { "retry-after": argument } } : {}));

const denied = (message: string) => () => errorScript(new BedrockError("AccessDeniedException", message));

/** Of a region: the one that the argument names, or every one. */
const regional = (message: string) => (argument: string, region: string | undefined) =>
  argument === "" || argument === region ? errorScript(invalid(message)) : undefined;

/** An HTTP error for a fault's argument and the region that the call was signed for. */
type ErrorFault = (argument: string, region: string | undefined) => Script | undefined;

/** HTTP errors that come in place of any answer; of the regional ones only where the call is for that region. */
export const ERROR_FAULTS: ReadonlyMap<string, ErrorFault> = new Map<string, ErrorFault>([
  ["throttle", retryAfter("ThrottlingException")],
  ["unavailable", retryAfter("ServiceUnavailableException")],
  ["overloaded", retryAfter("overloaded_error")],
  ["internal", fails("InternalServerException")],
  [
    "model-error",
    fails("ModelErrorException", {
      members: {
        originalStatusCode: 500,
        resourceName: "arn:aws:bedrock:us-east-1::foundation-model/emulated",
      },
    }),
  ],
  ["model-timeout", fails("ModelTimeoutException")],
  ["not-ready", fails("ModelNotReadyException")],
  [
    "access-denied",
    denied(
      "User: arn:aws:iam::123456789012:user/emulated-user is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: arn:aws:bedrock:us-east-1::foundation-model/emulated because no identity-based policy allows the bedrock:InvokeModelWithResponseStream action",
    ),
  ],
  ["model-access", denied("You don't have access to the model with the specified model ID.")],
  ["quota", fails("ServiceQuotaExceededException")],
  ["too-long", fails("ValidationException")],
  // A model is not sold in a region or country.
  [
    "region",
    regional(
      "Access to Anthropic models is not allowed from unsupported countries, regions, or territories. Please refer to https://www.anthropic.com/supported-countries for more information on the countries and regions Anthropic currently supports.",
    ),
  ],
  // What the service says of a model that it has in other regions only: the same as of one that nobody has.
  ["not-here", regional("The provided model identifier is invalid.")],
]);

/** A frame of the stream at hand around a text. */
type Enframe = (text: string) => Uint8Array;

/** A fault that rewrites the frames of a stream; the answer to a non-streaming call is told beside it. */
interface FrameFault {
  readonly frames: (frames: readonly Uint8Array[], argument: string, enframe: Enframe) => Uint8Array[];
  readonly body: (body: string, argument: string) => Script;
}

const brokenBody = (body: string): Script =>
  whole(200, body.slice(0, body.length >> 1), "application/json", serviceHeaders());

const asHttpError = (_body: string, argument: string): Script => {
  const { type, message } = exception(argument);
  return errorScript(new BedrockError(type, message));
};

export const FRAME_FAULTS: ReadonlyMap<string, FrameFault> = new Map<string, FrameFault>([
  [
    "exception",
    { frames: (frames, argument) => [...opening(frames), toFrame(exception(argument))], body: asHttpError },
  ],
  ["exception-first", { frames: (_, argument) => [toFrame(exception(argument))], body: asHttpError }],
  [
    "error-frame",
    {
      frames: (frames, argument) => [
        ...opening(frames),
        errorFrame(argument || "internalFailure", "The emulator failed on purpose."),
      ],
      body: () => asHttpError("", "internalServerException"),
    },
  ],
  [
    "in-band-error",
    {
      frames: (frames, argument, enframe) => [...opening(frames), enframe(inBand(argument))],
      body: (_, argument) => whole(200, inBand(argument), "application/json", serviceHeaders()),
    },
  ],
  [
    "bad-json",
    {
      frames: (frames, _, enframe) => [...opening(frames), enframe('{"type":"content_blo')],
      body: brokenBody,
    },
  ],
  ["corrupt-crc", { frames: (frames) => corrupt(frames, (frame) => frame.length - 1), body: brokenBody }],
  // Bytes 8 to 11 are the CRC of the two lengths before them.
  ["corrupt-prelude", { frames: (frames) => corrupt(frames, () => 11), body: brokenBody }],
  ["empty", { frames: () => [], body: () => whole(200, "", "application/json", serviceHeaders()) }],
]);

/** The frames up to the middle: in a usual answer the start and some text. */
function opening(frames: readonly Uint8Array[]): Uint8Array[] {
  return frames.slice(0, Math.ceil(frames.length / 2));
}

/** Flips a bit of the middle frame. */
function corrupt(frames: readonly Uint8Array[], position: (frame: Uint8Array) => number): Uint8Array[] {
  const middle = frames.length >> 1;
  return frames.map((frame, index) => {
    if (index !== middle) return frame;
    const copy = Uint8Array.from(frame);
    const at = position(copy);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  });
}

function inBand(argument: string): string {
  const type = argument || "overloaded_error";
  return JSON.stringify({ type: "error", error: { type, message: TEXT.overloaded_error } });
}

/** `throttlingException` (or its HTTP name) with its text; throttling where nothing is named. */
function exception(argument: string): { type: Worded; message: string } {
  const name = argument ? argument.charAt(0).toUpperCase() + argument.slice(1) : "ThrottlingException";
  const type = isWorded(name) ? name : "InternalServerException";
  return { type, message: TEXT[type] };
}

function toFrame({ type, message }: { type: Worded; message: string }): Uint8Array {
  const more =
    type === "ModelStreamErrorException" ? { originalStatusCode: 500, originalMessage: message } : {};
  return exceptionFrame(type.charAt(0).toLowerCase() + type.slice(1), { message, ...more });
}

function isWorded(name: string): name is Worded {
  return Object.hasOwn(TEXT, asString(name));
}
