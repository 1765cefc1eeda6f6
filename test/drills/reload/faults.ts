/** What the server of the drill `reload` can be told to do wrong, once in a while. Constants. */
export const FAULTS = ['none', 'lose', 'repeat', 'swap', 'alter', 'cut', 'hang', 'late'] as const

export type Fault = (typeof FAULTS)[number]
