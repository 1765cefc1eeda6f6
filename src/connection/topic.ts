/** What a message can be published to, as one string. Pure. */

/** `all`: every connection. `room:NAME`: the members of a room. `user:KEY`: the connections of a user. */
export type Topic = 'all' | `room:${string}` | `user:${string}`

export const ALL: Topic = 'all'

export function roomTopic(name: string): Topic {
  return `room:${name}`
}

export function userTopic(key: string): Topic {
  return `user:${key}`
}

/** All it gets: what is published to all, to its rooms, and to its user. */
export function topicsOf(rooms: Iterable<string>, user: string | null): Topic[] {
  const topics = [ALL]
  for (const room of rooms) topics.push(roomTopic(room))
  if (user !== null) topics.push(userTopic(user))
  return topics
}

/** Is it one? For strings that came from another process. */
export function isTopic(text: string): text is Topic {
  return text === ALL || text.startsWith('room:') || text.startsWith('user:')
}

export function isUserTopic(topic: Topic): boolean {
  return topic.startsWith('user:')
}

/** The name of the room or the key of the user; of `all` the empty string. */
export function nameOf(topic: Topic): string {
  return topic === ALL ? '' : topic.slice(5)
}
