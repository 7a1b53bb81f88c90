/** E's user activity payload. */
import { randomInteger } from '../../../kernel/random.ts'
import { enveloped, type GeneratorType, pick, pickWeighted } from '../type.ts'

export const userActivity: GeneratorType = {
  name: 'user_activity',
  summary:
    'In an envelope: `user_id` (1-1000), `action` (login, logout, click, purchase), `page`, `duration` (1-300).',
  subjects: 1_000,
  make: (draw) => {
    const userId = draw.anyOf(draw.subjects) + 1
    return enveloped(draw, 'user_activity', String(userId), {
      user_id: userId,
      action: pickWeighted(draw.random, [
        ['click', 70],
        ['login', 12],
        ['logout', 11],
        ['purchase', 7],
      ] as const),
      page: pick(draw.random, ['/', '/home', '/products', '/cart', '/checkout', '/profile']),
      duration: randomInteger(draw.random, 1, 300),
    })
  },
}
