/**
 * Runtime keys that a proxy's bootstrap must set for its resources to be accepted. Envoy refuses regular expressions
 * that compile to more than 100 instructions, which a path of a few alternatives has, or a list of CORS origins; RE2
 * takes time linear in the text for any of them. 64 origins of 253 characters come to some 20,000 instructions.
 */
export const requiredRuntime = { 're2.max_program_size.error_level': 32_768 } as const;
