/*
 * Replicas tell one another what their Envoys refuse: whole lists, a line of JSON each. An empty line says that the
 * teller is alive.
 */

export const refusalsPath = '/refusals';

/** How often a line is sent even where nothing is new, in milliseconds. */
export const heartbeatMs = 5_000;
/** How long a teller may be silent before it counts as gone, in milliseconds. */
export const silenceMs = 15_000;
