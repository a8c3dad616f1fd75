/** The only credentials the emulator knows. They open nothing but the emulator, and look like it. */

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export const LONG_TERM: AwsCredentials = {
  accessKeyId: "EMULATORACCESSKEY",
  secretAccessKey: "emulator-secret-access-key",
};

export const TEMPORARY: Required<AwsCredentials> = {
  accessKeyId: "EMULATORTEMPORARYKEY",
  secretAccessKey: "emulator-temporary-secret-access-key",
  sessionToken: "emulator-session-token",
};

export const EXPIRED: Required<AwsCredentials> = {
  accessKeyId: "EMULATOREXPIREDKEY",
  secretAccessKey: "emulator-expired-secret-access-key",
  sessionToken: "emulator-expired-session-token",
};

/** A Bedrock API key, as in AWS_BEARER_TOKEN_BEDROCK. */
export const BEARER_TOKEN = "emulator-bearer-token";

/** For the OpenAI-compatible upstream. */
export const OPENAI_KEY = "emulator-openai-key";

/** For the emulated API of Anthropic. */
export const ANTHROPIC_KEY = "emulator-anthropic-key";
