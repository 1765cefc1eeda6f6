// A validator for each request, from a schema that is built anew: Ajv keeps every schema it has ever compiled, by the object.
//
// verdict: leak
// holder: #ajv
import { Ajv } from 'ajv'

class SchemaService {
  #ajv = new Ajv({ allErrors: true, strict: false }) // ← holds

  schemaFor(tenant) {
    return {
      type: 'object',
      properties: { name: { type: 'string', maxLength: 10 + tenant.limit }, amount: { type: 'number' } },
      required: ['name'],
    }
  }

  validate(tenant, body) {
    const check = this.#ajv.compile(this.schemaFor(tenant))
    return check(body) ? null : check.errors
  }
}

class OrdersController {
  constructor(schemas) {
    this.schemas = schemas
  }

  post(tenant, body) {
    const errors = this.schemas.validate(tenant, body)
    return errors === null ? { status: 201 } : { status: 400, errors }
  }
}

const orders = new OrdersController(new SchemaService())

export async function round() {
  for (let limit = 0; limit < 10; limit++) orders.post({ limit }, { name: 'pen', amount: limit })
}
