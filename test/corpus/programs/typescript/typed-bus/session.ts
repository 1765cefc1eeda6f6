import { EventBus } from './event-bus.ts'

export interface Trade {
  readonly symbol: string
  readonly price: number
}

type AppEvents = { readonly trade: Trade; readonly halted: { readonly symbol: string } }

export const bus = new EventBus<AppEvents>() // ← or holds

export class TradingSession {
  private readonly watched = new Set<string>(['ACME'])
  private readonly sent: Trade[] = []
  private readonly offs: (() => void)[] = []

  constructor() {
    bus.on('trade', (trade) => this.send(trade))
    this.offs.push(bus.on('halted', ({ symbol }) => this.watched.delete(symbol)))
  }

  send(trade: Trade): void {
    if (this.watched.has(trade.symbol)) this.sent.push(trade)
  }

  end(): void {
    for (const off of this.offs) off()
    this.watched.clear()
  }
}
