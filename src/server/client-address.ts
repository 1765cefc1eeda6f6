/**
 * Who a client is by its address: behind proxies that are trusted, what they say in X-Forwarded-For; and the key under which
 * the connections of one address are counted. Pure, but for the list of proxies, which is made once.
 */
import { BlockList, isIP, isIPv4 } from 'node:net'

/** More proxies than this in a row are a loop or an attempt. */
const HOPS_MAX = 32

/** Stands for whoever connects over a Unix socket, and so has no address: a proxy on this machine. */
const UNIX = 'unix'

/** Whose X-Forwarded-For is believed. */
export interface Proxies {
  readonly list: BlockList
  readonly unix: boolean
}

/** Is it an address, a range such as `10.0.0.0/8`, or `unix`? */
export function isAddressRange(text: string): boolean {
  if (text === UNIX) return true
  const { family, bits } = parseRange(text)
  return family !== 0 && (bits === null || (bits >= 0 && bits <= (family === 4 ? 32 : 128)))
}

/** Null when there is none. @param ranges each of which `isAddressRange` */
export function proxyList(ranges: readonly string[]): Proxies | null {
  if (ranges.length === 0) return null
  const list = new BlockList()
  for (const range of ranges) {
    if (range === UNIX) continue
    const { address, family, bits } = parseRange(range)
    const name = family === 4 ? 'ipv4' : 'ipv6'
    if (bits === null) list.addAddress(address, name)
    else list.addSubnet(address, bits, name)
  }
  return { list, unix: ranges.includes(UNIX) }
}

/**
 * The address of the client: that of the socket, unless it is a trusted proxy's. Then the list in X-Forwarded-For is walked from
 * its end, where the nearest proxy writes, to the first address that is not trusted. What is no address ends the walk.
 *
 * @param peer as the socket has it; empty when it has none: it came over a Unix socket
 */
export function clientAddress(peer: string, forwarded: string | undefined, proxies: Proxies | null): string {
  if (proxies === null || forwarded === undefined) return peer
  if (peer === '' ? !proxies.unix : !isTrusted(peer, proxies.list)) return peer
  let client = peer
  let end = forwarded.length
  for (let hop = 0; hop < HOPS_MAX && end >= 0; hop++) {
    const comma = end === 0 ? -1 : forwarded.lastIndexOf(',', end - 1)
    const address = withoutPort(forwarded.slice(comma + 1, end).trim())
    if (isIP(address) === 0) break
    client = address
    if (!isTrusted(address, proxies.list)) break
    end = comma
  }
  return client
}

/**
 * Under which its connections are counted: an IPv4 address as it is, also when it is written as IPv6; of an IPv6 address the
 * first 64 bits, because whoever has one has all of these. Null when it is no address.
 */
export function addressKey(address: string): string | null {
  const plain = plainAddress(address)
  const family = isIP(plain)
  if (family === 4) return plain
  if (family === 0) return null
  const groups = groupsOf(plain)
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

function isTrusted(address: string, proxies: BlockList): boolean {
  const plain = plainAddress(address)
  const family = isIP(plain)
  return family !== 0 && proxies.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

/** Without the zone, and an IPv4 address that is written as IPv6 as IPv4. */
function plainAddress(address: string): string {
  if (isIPv4(address)) return address
  const zone = address.indexOf('%')
  const plain = zone === -1 ? address : address.slice(0, zone)
  if (isIP(plain) !== 6) return plain
  const groups = groupsOf(plain)
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)
  if (!isMapped) return plain
  const [high = 0, low = 0] = groups.slice(6)
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

/** The eight numbers of an IPv6 address without zone. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const before = numbersOf(head)
  if (tail === undefined) return before
  const after = numbersOf(tail)
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
}

function numbersOf(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}

/** Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(entry: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(entry)
  if (bracketed !== null) return bracketed[1] as string
  const colon = entry.indexOf(':')
  return colon !== -1 && colon === entry.lastIndexOf(':') ? entry.slice(0, colon) : entry
}

/** A range of IPv4 addresses in IPv6 is not taken: write it as IPv4. */
function parseRange(text: string): { address: string; family: number; bits: number | null } {
  const slash = text.indexOf('/')
  const written = slash === -1 ? text : text.slice(0, slash)
  // A zone means something on one machine only.
  if (written.includes('%')) return { address: written, family: 0, bits: null }
  const address = plainAddress(written)
  const width = slash === -1 ? '' : text.slice(slash + 1)
  if (slash === -1) return { address, family: isIP(address), bits: null }
  const fits = /^\d{1,3}$/.test(width) && address === written
  return { address, family: fits ? isIP(address) : 0, bits: Number(width) }
}
