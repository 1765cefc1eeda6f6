// Two caches that forget what was used least recently, each around a field called `map`. In the configuration of one the bound has
// another name than the option. Bundled.
//
// verdict: leak
// holder: profiles | map
import { ProfileService } from './profiles.ts'

const service = new ProfileService()
let users = 0

export async function round(): Promise<void> {
  for (let index = 0; index < 60; index++) {
    await service.profile(++users)
    await service.profile(users - (index % 3))
    service.country(`c${users % 80}`)
  }
}
