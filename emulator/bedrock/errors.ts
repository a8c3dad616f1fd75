/** Bedrock's HTTP errors: names, statuses, bodies and headers as the service sends them. */
import { randomUUID } from "node:crypto";
import type { JsonObject } from "../json.ts";
import { json, type Script } from "../script.ts";

const STATUS = {
  ValidationException: 400,
  ServiceQuotaExceededException: 400,
  IncompleteSignatureException: 400,
  AccessDeniedException: 403,
  MissingAuthenticationTokenException: 403,
  UnrecognizedClientException: 403,
  InvalidSignatureException: 403,
  ExpiredTokenException: 403,
  ResourceNotFoundException: 404,
  UnknownOperationException: 404,
  ModelTimeoutException: 408,
  ModelErrorException: 424,
  ModelStreamErrorException: 424,
  ThrottlingException: 429,
  ModelNotReadyException: 429,
  InternalServerException: 500,
  ServiceUnavailableException: 503,
  overloaded_error: 529,
} as const;

export type BedrockErrorType = keyof typeof STATUS;

/** What may come with an error beside its message. */
export interface BedrockErrorDetails {
  /** Further members of the body. */
  readonly members?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  /** The front door spells the member `Message`, the service `message`. */
  readonly capital?: boolean;
}

/** A refusal, thrown anywhere below the handler. */
export class BedrockError extends Error {
  readonly type: BedrockErrorType;
  readonly details: BedrockErrorDetails;

  constructor(type: BedrockErrorType, message: string, details: BedrockErrorDetails = {}) {
    super(message);
    this.type = type;
    this.details = details;
  }
}

/** A ValidationException. */
export function invalid(message: string): BedrockError {
  return new BedrockError("ValidationException", message);
}

/** A ValidationException of the schema check that runs before the model sees anything. */
export function malformed(violations: readonly string[]): BedrockError {
  return invalid(
    `Malformed input request: ${violations.join("")}, please reformat your input and try again.`,
  );
}

/** Headers that every answer of the service has. */
export function serviceHeaders(): Record<string, string> {
  return { "x-amzn-RequestId": randomUUID() };
}

/** The HTTP answer for `error`. */
export function errorScript(error: BedrockError): Script {
  const { members, headers, capital } = error.details;
  const body = { [capital ? "Message" : "message"]: error.message, ...members };
  return json(STATUS[error.type], body, {
    ...serviceHeaders(),
    "x-amzn-ErrorType": `${error.type}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
    ...headers,
  });
}
