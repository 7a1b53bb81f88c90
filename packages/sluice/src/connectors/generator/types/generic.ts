/** Records of no particular kind, in E's envelope. */
import { randomInteger } from '../../../kernel/random.ts'
import { enveloped, type GeneratorType, pick, uuid } from '../type.ts'

export const generic: GeneratorType = {
  name: 'generic',
  summary: 'In an envelope: `id`, `value` (0-1000), `status`, `message`.',
  subjects: 1,
  make: (draw) => {
    const id = uuid(draw.random)
    return enveloped(draw, 'generic', id, {
      id,
      value: randomInteger(draw.random, 0, 1_000),
      status: pick(draw.random, ['ok', 'pending', 'failed']),
      message: pick(draw.random, ['created', 'updated', 'checked', 'archived']),
    })
  },
}
