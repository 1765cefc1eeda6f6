import { LruCache, type LruOptions } from './lru.ts'

export interface Profile {
  readonly user: number
  readonly name: string
}

const config = { profiles: { maxSize: 200 } as LruOptions, countries: { max: 50 } }

export class ProfileService {
  private readonly profiles = new LruCache<number, Profile>(config.profiles) // ← holds
  private readonly countries = new LruCache<string, { name: string }>(config.countries)

  async profile(user: number): Promise<Profile> {
    const known = this.profiles.get(user)
    if (known) return known
    await null
    const profile = { user, name: `user ${user}` }
    this.profiles.set(user, profile)
    return profile
  }

  country(code: string): { name: string } {
    const country = this.countries.get(code) ?? { name: `country ${code}` }
    this.countries.set(code, country)
    return country
  }
}
