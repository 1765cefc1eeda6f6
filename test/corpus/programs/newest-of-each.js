// The newest price of each symbol: an object is replaced by the next, and the table stays as long as it is.
//
// verdict: harmless
const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD', 'EEE', 'FFF', 'GGG', 'HHH']
const newest = Object.fromEntries(SYMBOLS.map((symbol) => [symbol, null]))
let ticks = 0

export async function round() {
  for (let index = 0; index < 200; index++) {
    const symbol = SYMBOLS[index % SYMBOLS.length]
    newest[symbol] = { symbol, price: ++ticks, before: newest[symbol]?.price ?? null }
  }
}
