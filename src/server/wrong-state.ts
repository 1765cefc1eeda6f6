/** HF_SERVER_STATE for a method that cannot be called now. Pure. */
import { HoldfastError } from '../base/errors.ts'

export function wrongState(method: string, state: string, wanted: string, todo: string): HoldfastError {
  return new HoldfastError('HF_SERVER_STATE', { method, state, wanted, todo })
}
