// Passes: all that ends in it is released.
import { test } from 'vitest'
import { clean } from '../cases.js'

test('all is released', clean)
