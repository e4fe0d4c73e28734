/** Why a reference can't be used: a reason of the Gateway API and a message that says what to do. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
}

/** The problem of an object that can't be read, for one that takes its place. */
export function describeUnreadable(unreadable: string): Problem {
  return { reason: 'Invalid', message: unreadable };
}
