/** The baskets of all visitors. Whoever pays should have been taken out. */
export interface Item {
  readonly article: string
  readonly count: number
}

export interface Basket {
  readonly visitor: string
  readonly items: Item[]
  isPaid: boolean
}

const baskets = new Map<string, Basket>() // ← holds

export function openBasket(visitor: string): Basket {
  const basket: Basket = { visitor, items: [], isPaid: false }
  baskets.set(visitor, basket)
  return basket
}
