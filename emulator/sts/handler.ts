/**
 * AWS's Security Token Service, as far as a router needs it: AssumeRole and AssumeRoleWithWebIdentity.
 * https://docs.aws.amazon.com/STS/latest/APIReference/
 */
import { randomUUID } from "node:crypto";
import { authenticate } from "../bedrock/auth.ts";
import { BedrockError } from "../bedrock/errors.ts";
import { LONG_TERM } from "../credentials.ts";
import { GATEWAY_FAULTS, resolveFault, TRANSPORT_FAULTS } from "../faults.ts";
import { json, type Script, whole } from "../script.ts";
import type { EmulatorState } from "../state.ts";
import type { WireRequest } from "../wire.ts";
import { document, errorScript, StsError } from "./errors.ts";
import { checkTrust, type RoleCall, readCall } from "./roles.ts";
import type { Session } from "./sessions.ts";
import { readToken } from "./tokens.ts";

const VERSION = "2011-06-15";

/** What the front door, which all services share, says in STS's words. */
const FRONT_DOOR: Readonly<Record<string, string>> = {
  UnrecognizedClientException: "InvalidClientTokenId",
  InvalidSignatureException: "SignatureDoesNotMatch",
  ExpiredTokenException: "ExpiredToken",
  MissingAuthenticationTokenException: "MissingAuthenticationToken",
  IncompleteSignatureException: "IncompleteSignature",
};

/** Refusals on demand. */
const REFUSALS: ReadonlyMap<string, StsError> = new Map([
  ["throttle", new StsError("Throttling", "Rate exceeded")],
  ["unavailable", new StsError("ServiceUnavailable", "Service Unavailable", 503)],
  ["internal", new StsError("InternalFailure", "We encountered an internal error. Please try again.", 500)],
  ["access-denied", new StsError("AccessDenied", "User is not authorized to perform: sts:AssumeRole", 403)],
  [
    "region-disabled",
    new StsError(
      "RegionDisabledException",
      "STS is not activated in this region for account:111122223333.",
      403,
    ),
  ],
]);

/** What can be made to go wrong beside the connection: the refusals, and an answer in XML whatever was asked for. */
export const FAULTS: ReadonlySet<string> = new Set([...REFUSALS.keys(), "xml"]);

/** The answer to a POST to STS. Never throws for what a client can cause. */
export async function answerSts(request: WireRequest, state: EmulatorState): Promise<Script> {
  const fault = resolveFault(request.faultSpec ?? state.sts.fault, request.path, state.flaky);
  const asJson = fault?.name !== "xml" && /\bapplication\/json\b/.test(request.headers.accept ?? "");
  const { name = "", argument = "" } = fault ?? {};
  if (name !== "") request.record.fault = argument === "" ? name : `${name}:${argument}`;
  const gateway = GATEWAY_FAULTS.get(name)?.(`http://${request.headers.host ?? ""}`, argument);
  if (gateway) return gateway;
  const script = await answer(request, state, REFUSALS.get(name), asJson);
  return TRANSPORT_FAULTS.get(name)?.(script, argument) ?? script;
}

async function answer(
  request: WireRequest,
  state: EmulatorState,
  refusal: StsError | undefined,
  asJson: boolean,
): Promise<Script> {
  try {
    if (refusal) throw refusal;
    const { action, session } = await assume(request, state);
    return given(action, session, asJson);
  } catch (thrown) {
    if (thrown instanceof StsError) return errorScript(thrown, asJson);
    if (!(thrown instanceof BedrockError)) throw thrown;
    const code = FRONT_DOOR[thrown.type] ?? "InternalFailure";
    return errorScript(new StsError(code, thrown.message, 403), asJson);
  }
}

async function assume(
  request: WireRequest,
  state: EmulatorState,
): Promise<{ action: string; session: Session }> {
  const form = new URLSearchParams(request.bytes.toString("utf8"));
  const action = form.get("Action") ?? "";
  const { anyRole } = state.sts;
  if (request.method !== "POST" || form.get("Version") !== VERSION) {
    throw new StsError(
      "InvalidAction",
      `Could not find operation ${action} for version ${form.get("Version")}`,
    );
  }
  if (action === "AssumeRole") {
    const caller = await authenticate(request, state, "sts");
    if (!caller)
      throw new StsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
    const call = readCall(form);
    const who =
      caller.accessKeyId === LONG_TERM.accessKeyId ? "user/emulated-user" : "assumed-role/emulated/s";
    const name = `arn:aws:iam::111122223333:${who}`;
    checkTrust(call, action, { name, chained: caller.sessionToken !== undefined, anyRole });
    return { action, session: state.sts.issue(call, state.now()) };
  }
  if (action !== "AssumeRoleWithWebIdentity") {
    throw new StsError("InvalidAction", `Could not find operation ${action} for version ${VERSION}`);
  }
  const call = readCall(form);
  const { subject, tags } = await readToken(form.get("WebIdentityToken") ?? "", state.sts, state.now());
  const asked: RoleCall = { ...call, tags };
  checkTrust(asked, action, { name: `web identity ${subject}`, chained: false, anyRole });
  return { action, session: state.sts.issue(asked, state.now()) };
}

function given(action: string, session: Session, asJson: boolean): Script {
  const { accessKeyId, secretAccessKey, sessionToken, endsAt, roleArn, name } = session;
  const keys = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken };
  const arn = `${roleArn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")}/${name}`;
  const user = { AssumedRoleId: `AROAEMULATED:${name}`, Arn: arn };
  const metadata = { RequestId: randomUUID() };
  const [answerName, resultName] = [`${action}Response`, `${action}Result`];
  if (asJson) {
    const credentials = { ...keys, Expiration: endsAt / 1000 };
    const result = { AssumedRoleUser: user, Credentials: credentials };
    return json(200, { [answerName]: { [resultName]: result, ResponseMetadata: metadata } });
  }
  const credentials = { ...keys, Expiration: new Date(endsAt).toISOString() };
  const result = { AssumedRoleUser: user, Credentials: credentials };
  return whole(200, document(answerName, { [resultName]: result, ResponseMetadata: metadata }), "text/xml");
}
