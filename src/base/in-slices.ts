/**
 * Visits many things, some at a time: between two lots the event loop has a turn for everybody else. Each thing is looked at once, whatever
 * has become of it meanwhile. Belongs to whoever awaits it, and ends after the last.
 *
 * @param now milliseconds that only grow
 * @returns how long it took without what others did between the lots
 */
export async function inSlices<Item>(
  items: readonly Item[],
  atOnce: number,
  visit: (item: Item) => void,
  now: () => number,
): Promise<number> {
  let tookMs = 0
  for (let at = 0; at < items.length; at += atOnce) {
    if (at > 0) await new Promise<void>((resolve) => setImmediate(resolve))
    const beganAt = now()
    const end = Math.min(items.length, at + atOnce)
    for (let place = at; place < end; place++) visit(items[place] as Item)
    tookMs += now() - beganAt
  }
  return tookMs
}
