/**
 * `npm run aws:oidc -- --account 111122223333 --url https://router.example.com`: makes the router its own identity provider. A new
 * signing key, and what AWS has to know: provider, trust policy and least-privilege role, as JSON and as CloudFormation. Calls nobody.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, parseEnv } from "node:util";
import { loadConfig } from "../src/config/text.ts";
import { bindings } from "../src/env.ts";
import { asRouterError } from "../src/errors.ts";
import { newKey } from "./aws-oidc/key.ts";
import {
  type Account,
  type Json,
  permissions,
  provider,
  roleArn,
  template,
  trustPolicy,
} from "./aws-oidc/policies.ts";

const USAGE = `usage: npm run aws:oidc -- --account 111122223333 --url https://router.example.com
  --account   the AWS account, twelve digits
  --url       where the router is reached: https, a host, no port, no path
  --alg       ES256 (default) or RS256
  --role      the role's name (edge-router)
  --subject   aws.oidc_subject (openclaw-edge-router)
  --config    whose models the role may call (config/router.yaml)
  --out       where the files go (aws-oidc); a key that lies there is kept`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = read();
  if (options === undefined) {
    console.error(USAGE);
    return 2;
  }
  try {
    return await make(options);
  } catch (thrown) {
    console.error(
      asRouterError(thrown).code === "internal_error" ? String(thrown) : asRouterError(thrown).message,
    );
    return 1;
  }
}

interface Options {
  readonly account: string;
  readonly url: string;
  readonly alg: "ES256" | "RS256";
  readonly role: string;
  readonly subject: string;
  readonly config: string;
  readonly out: string;
}

/** Undefined for what is missing or wrong. */
function read(): Options | undefined {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      options: { account: text, url: text, alg: text, role: text, subject: text, config: text, out: text },
    });
    const { account = "", role = "edge-router", subject = "openclaw-edge-router", alg = "ES256" } = values;
    const url = values.url?.replace(/\/$/, "") ?? "";
    const fits = [
      /^\d{12}$/.test(account),
      /^https:\/\/[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(url),
      /^[\w+=,.@-]{1,64}$/.test(role),
      /^[\x21-\x7e]{1,255}$/.test(subject),
    ];
    if (fits.includes(false) || (alg !== "ES256" && alg !== "RS256")) return undefined;
    const { config = "config/router.yaml", out = "aws-oidc" } = values;
    return { account, url, alg, role, subject, config, out };
  } catch {
    return undefined;
  }
}

async function make({ account, url, alg, role, subject, config, out }: Options): Promise<number> {
  const devVars = existsSync(".dev.vars") ? parseEnv(readFileSync(".dev.vars", "utf8")) : {};
  const binding = bindings({ ...devVars, ...process.env });
  const text = readFileSync(config, "utf8");
  const { targets } = loadConfig(text, binding);
  const models = targets.filter((target) => target.kind === "bedrock");
  if (models.length === 0) throw new Error(`${config} has no model on Bedrock.`);
  const region =
    models.find(({ regions }) => regions.length > 0)?.regions[0] ?? binding("AWS_REGION") ?? "us-east-1";
  // The role that they are for may not be written yet.
  const tags = /session_tags["']?\s*:/.test(text);
  const told: Account = { account, issuer: url, subject, roleName: role, tags, region };
  mkdirSync(out, { recursive: true });
  const keyFile = join(out, "private-key.json");
  const kept = existsSync(keyFile);
  const key = kept ? undefined : await newKey(alg);
  if (key) {
    writeFileSync(keyFile, key.secret, { mode: 0o600, flag: "wx" });
    show(out, "public-keys.json", { keys: [key.publicKey] });
  }
  show(out, "provider.json", provider(told));
  show(out, "trust-policy.json", trustPolicy(told));
  show(out, "permissions.json", permissions(models, told));
  show(out, "cloudformation.json", template(models, told));
  console.log(steps({ told, out, keyFile, kept }));
  return 0;
}

function show(out: string, name: string, content: Json): void {
  const text = JSON.stringify(content, undefined, 2);
  writeFileSync(join(out, name), `${text}\n`);
  console.log(`# ${join(out, name)}\n${text}\n`);
}

interface Made {
  readonly told: Account;
  readonly out: string;
  readonly keyFile: string;
  readonly kept: boolean;
}

function steps({ told, out, keyFile, kept }: Made): string {
  const { roleName, issuer, subject } = told;
  const file = (name: string) => `file://${join(out, name)}`;
  const worker = subject === "openclaw-edge-router" ? "" : `\n  oidc_subject: ${subject}`;
  return `# ${keyFile}: the ${kept ? "key that was there" : "new key"}, for this machine's user alone. Keep it out of git; delete it once it is set.

# 1. The secret:
npx wrangler secret put AWS_OIDC_PRIVATE_KEY < ${keyFile}

# 2. The configuration, then deploy:
aws:
  role_arn: ${roleArn(told)}
  oidc_issuer: ${issuer}${worker}

# 3. ${issuer}/.well-known/openid-configuration answers? Then tell AWS, in one of two ways:
aws cloudformation deploy --stack-name ${roleName} --template-file ${join(out, "cloudformation.json")} --capabilities CAPABILITY_NAMED_IAM

aws iam create-open-id-connect-provider --cli-input-json ${file("provider.json")}
aws iam create-role --role-name ${roleName} --assume-role-policy-document ${file("trust-policy.json")}
aws iam put-role-policy --role-name ${roleName} --policy-name bedrock --policy-document ${file("permissions.json")}

# 4. Remove AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_BEARER_TOKEN_BEDROCK, if they were set:
npx wrangler secret delete AWS_ACCESS_KEY_ID`;
}
