/** The limits that refuse or end, by the name of their option: for `warnOnly`, the event `limit` and the counters. Constants. */
export const LIMITS = [
  'connectionsMax',
  'connectionsPerAddressMax',
  'upgradesPerSecondMax',
  'upgradeHandlersMax',
  'upgradeQueueMax',
  'memoryHeadroomBytes',
  'loopDelayMaxMs',
  'messagesPerSecondMax',
  'receivedBytesPerSecondMax',
  'roomsMax',
] as const

export type LimitName = (typeof LIMITS)[number]

/** How often each limit was reached: what it has refused or ended, and what it would have if it were not in `warnOnly`. */
export type LimitCounts = Readonly<Record<LimitName, { readonly refused: number; readonly warned: number }>>
