declare const brand: unique symbol;

/** A primitive that carries its meaning in its type. Each brand is made in one place only. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
