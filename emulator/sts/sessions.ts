/** What STS has given, and what it may be told for a test. */
import { randomBytes } from "node:crypto";
import type { AwsCredentials } from "../credentials.ts";

/** A role's session. */
export interface Session extends Required<AwsCredentials> {
  readonly roleArn: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Seconds that were asked for. */
  readonly seconds: number;
  /** Milliseconds since the epoch. */
  endsAt: number;
}

/** An OpenID Connect provider of the emulated account. */
export interface TrustedProvider {
  /** As tokens name it. */
  readonly issuer: string;
  /** Where it is really reached, since nobody can serve the issuer's host here. */
  readonly at: string;
  readonly audiences: readonly string[];
  /** Whom the roles' trust policies let in. */
  readonly subject: string;
}

/** The emulated STS, as a test sees it. */
export class Sts {
  /** Oldest first. */
  readonly sessions: Session[] = [];
  readonly providers: TrustedProvider[] = [];
  /** A role that nobody has made is as good as one that trusts everybody: for configurations that mean a real account. */
  readonly anyRole: boolean;
  /** Played for every call: `name` or `name:argument`, as in a path. */
  fault: string | undefined;

  constructor(anyRole = false) {
    this.anyRole = anyRole;
  }

  /** From now on every session that was given has ended. */
  expire(): void {
    for (const session of this.sessions) session.endsAt = 0;
  }

  /** @param now Milliseconds since the epoch. */
  issue(session: Pick<Session, "roleArn" | "name" | "tags" | "seconds">, now: number): Session {
    const issued = {
      ...session,
      accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString("base64"),
      sessionToken: randomBytes(300).toString("base64"),
      endsAt: now + session.seconds * 1000,
    };
    this.sessions.push(issued);
    return issued;
  }

  find(accessKeyId: string): Session | undefined {
    return this.sessions.find((session) => session.accessKeyId === accessKeyId);
  }
}
