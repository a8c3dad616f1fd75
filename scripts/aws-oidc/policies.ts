/** The policies of the router's role: who may assume it, and what it may do. */
import { plainModelId, surfaceOf } from "../../src/families/index.ts";
import type { BedrockTarget } from "../../src/target.ts";

/** An IAM policy, or a part of one. */
export type Json = string | readonly Json[] | { readonly [member: string]: Json };

export interface Account {
  /** Twelve digits. */
  readonly account: string;
  /** The router's URL: `https://HOST`. */
  readonly issuer: string;
  readonly subject: string;
  readonly roleName: string;
  /** Whether sessions are given tags. */
  readonly tags: boolean;
  /** Where models without a region of their own are called. */
  readonly region: string;
}

const VERSION = "2012-10-17";
const AUDIENCE = "sts.amazonaws.com";
const INVOKE = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];

/** `aws`, `aws-cn`, …, by a region. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
export function partitionOf(region: string): string {
  const known: readonly (readonly [start: string, partition: string])[] = [
    ["cn-", "aws-cn"],
    ["us-gov-", "aws-us-gov"],
    ["us-isob-", "aws-iso-b"],
    ["us-iso-", "aws-iso"],
    ["eusc-", "aws-eusc"],
  ];
  return known.find(([start]) => region.startsWith(start))?.[1] ?? "aws";
}

export function roleArn({ account, roleName, region }: Account): string {
  return `arn:${partitionOf(region)}:iam::${account}:role/${roleName}`;
}

/** The identity provider: what `aws iam create-open-id-connect-provider` takes. No thumbprint: AWS checks the certificate itself. */
export function provider({ issuer }: Account): { Url: string; ClientIDList: string[] } {
  return { Url: issuer, ClientIDList: [AUDIENCE] };
}

/** @param federated The provider's ARN; its own unless a template refers to it. */
export function trustPolicy(account: Account, federated: Json = providerArn(account)): Json {
  const host = hostOf(account);
  return {
    Version: VERSION,
    Statement: [
      {
        Sid: "ThisRouterOnly",
        Effect: "Allow",
        Principal: { Federated: federated },
        Action: ["sts:AssumeRoleWithWebIdentity", ...(account.tags ? ["sts:TagSession"] : [])],
        Condition: { StringEquals: { [`${host}:aud`]: AUDIENCE, [`${host}:sub`]: account.subject } },
      },
    ],
  };
}

function providerArn(account: Account): string {
  return `arn:${partitionOf(account.region)}:iam::${account.account}:oidc-provider/${hostOf(account)}`;
}

function hostOf({ issuer }: Account): string {
  return issuer.replace("https://", "");
}

/** What the configured models need and no more. See docs/bedrock.md, "IAM policy". */
export function permissions(targets: readonly BedrockTarget[], account: Account): Json {
  const profiles = new Set<string>();
  const behind = new Set<string>();
  const plain = new Set<string>();
  const guardrails = new Set<string>();
  const mantle = new Set<string>();
  for (const target of targets) {
    const regions = target.regions.length > 0 ? target.regions : [account.region];
    for (const region of regions) {
      const arn = (owner: string, what: string) =>
        `arn:${partitionOf(region)}:bedrock:${region}:${owner}:${what}`;
      if (surfaceOf(target).endpoint === "mantle") {
        mantle.add(`arn:${partitionOf(region)}:bedrock-mantle:${region}:${account.account}:project/*`);
        continue;
      }
      const id = plainModelId(target.model);
      if (target.guardrail) {
        const { id: name } = target.guardrail;
        guardrails.add(name.startsWith("arn:") ? name : arn(account.account, `guardrail/${name}`));
      }
      if (target.model.startsWith("arn:")) plain.add(target.model);
      else if (id === target.model) plain.add(arn("", `foundation-model/${id}`));
      else {
        profiles.add(arn(account.account, `inference-profile/${target.model}`));
        const isGlobal = target.model.startsWith("global.");
        for (const where of isGlobal ? [region, ""] : ["*"]) {
          behind.add(`arn:${partitionOf(region)}:bedrock:${where}::foundation-model/${id}`);
        }
      }
    }
  }
  const through = { StringLike: { "bedrock:InferenceProfileArn": [...profiles] } };
  return {
    Version: VERSION,
    Statement: [
      ...allow("CallTheProfiles", INVOKE, profiles),
      ...allow("CallTheirModelsThroughThemOnly", INVOKE, behind, { Condition: through }),
      ...allow("CallTheModels", INVOKE, plain),
      ...allow("CallMantle", ["bedrock-mantle:CreateInference"], mantle),
      ...allow("ApplyTheGuardrails", ["bedrock:ApplyGuardrail"], guardrails),
    ],
  };
}

function allow(
  Sid: string,
  Action: readonly string[],
  resources: ReadonlySet<string>,
  more: { readonly [member: string]: Json } = {},
): Json[] {
  return resources.size === 0 ? [] : [{ Sid, Effect: "Allow", Action, Resource: [...resources], ...more }];
}

/** Provider, role and policy as one CloudFormation template, which may be JSON. */
export function template(targets: readonly BedrockTarget[], account: Account): Json {
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: `${account.issuer} calls Amazon Bedrock, without AWS keys`,
    Resources: {
      Provider: {
        Type: "AWS::IAM::OIDCProvider",
        Properties: { Url: account.issuer, ClientIdList: [AUDIENCE] },
      },
      Role: {
        Type: "AWS::IAM::Role",
        Properties: {
          RoleName: account.roleName,
          // The ARN of the provider.
          AssumeRolePolicyDocument: trustPolicy(account, { Ref: "Provider" }),
          Policies: [{ PolicyName: "bedrock", PolicyDocument: permissions(targets, account) }],
        },
      },
    },
    Outputs: { RoleArn: { Value: { "Fn::GetAtt": ["Role", "Arn"] } } },
  };
}
