// Two modules of TypeScript, bundled into one file of JavaScript with a source map. The one that holds is the other.
//
// verdict: leak
// holder: baskets
import { openBasket } from './baskets.ts'

let visitors = 0

export async function round(): Promise<void> {
  for (let index = 0; index < 50; index++) {
    const basket = openBasket(`visitor-${++visitors}`)
    basket.items.push({ article: `article-${index}`, count: 1 })
    basket.isPaid = true
  }
}
