/**
 * The rules that are shipped, with every duration so many times shorter: `for`, the ranges of expressions, and how far back these are. A function;
 * nothing to end.
 */
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 }

/** @param leastMs of a range: it needs several scrapes */
export function scaledRules(text: string, factor: number, leastMs: number, everyMs: number): string {
  const scaled = (number: string, unit: string): number => (Number(number) * (SECONDS[unit] ?? 1) * 1_000) / factor
  return text
    .replace(/^(\s*for: )(\d+)([smh])$/gm, (_, head, number, unit) => `${head}${Math.round(scaled(number, unit))}ms`)
    .replace(/\boffset (\d+)([smh])\b/g, (_, number, unit) => `offset ${Math.round(scaled(number, unit))}ms`)
    .replace(/\[(\d+)([smh])(?::\d+[smh])?\]/g, (whole, number, unit) => {
      const range = `${Math.round(Math.max(leastMs, scaled(number, unit)))}ms`
      return whole.includes(':') ? `[${range}:${everyMs}ms]` : `[${range}]`
    })
}
