/** Which credentials sign a call. One set is taken whole; sets are never mixed. */
import type { AwsCredentialSettings, BedrockTarget, ReadBinding } from "../../contracts.ts";
import { RouterError } from "../../errors.ts";

export type Credentials =
  | {
      readonly kind: "sigv4";
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken?: string;
    }
  /** A Bedrock API key. */
  | { readonly kind: "bearer"; readonly token: string };

/**
 * The model's own credentials, else the bindings'; in either a Bedrock API key wins over SigV4, as in AWS's SDKs.
 * @throws RouterError `aws_credentials_missing`
 */
export function credentialsOf(target: BedrockTarget, binding: ReadBinding): Credentials {
  const found =
    choose(target.credentials) ??
    choose({
      ...text("bearerToken", binding("AWS_BEARER_TOKEN_BEDROCK")),
      ...text("accessKeyId", binding("AWS_ACCESS_KEY_ID")),
      ...text("secretAccessKey", binding("AWS_SECRET_ACCESS_KEY")),
      ...text("sessionToken", binding("AWS_SESSION_TOKEN")),
    });
  if (found) return found;
  throw new RouterError(
    "aws_credentials_missing",
    `No AWS credentials for the Bedrock model '${target.name}'. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ` +
      "(and AWS_SESSION_TOKEN for temporary credentials, as those of an IAM role are), each with " +
      "`npx wrangler secret put NAME`, locally in .dev.vars; or a Bedrock API key in AWS_BEARER_TOKEN_BEDROCK.",
  );
}

function text<K extends keyof AwsCredentialSettings>(key: K, value: string | undefined) {
  const entry: { [P in K]?: string } = {};
  if (value !== undefined) entry[key] = value;
  return entry;
}

function choose(settings: AwsCredentialSettings): Credentials | undefined {
  const { bearerToken, accessKeyId, secretAccessKey, sessionToken } = settings;
  if (bearerToken) return { kind: "bearer", token: bearerToken };
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { kind: "sigv4", accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
