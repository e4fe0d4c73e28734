/** Why a reference can't be used: a reason of the Gateway API and a message that says what to do. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
}
