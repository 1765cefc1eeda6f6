/**
 * Visits many things, some at a time: between two lots the event loop has a turn for everybody else. Each thing is looked at once, whatever
 * has become of it meanwhile. Belongs to whoever awaits it, and ends after the last.
 */
export async function inSlices<Item>(
  items: readonly Item[],
  atOnce: number,
  visit: (item: Item) => void,
): Promise<void> {
  for (let at = 0; at < items.length; at += atOnce) {
    if (at > 0) await new Promise<void>((resolve) => setImmediate(resolve))
    const end = Math.min(items.length, at + atOnce)
    for (let place = at; place < end; place++) visit(items[place] as Item)
  }
}
