/** A's user events: each kind with the fields that belong to it. */
import { type Random, randomInteger } from '../../../kernel/random.ts'
import { between, type GeneratorType, hex, padded, pick, pickWeighted, round, uuid } from '../type.ts'

const products = [
  ['keyboard', 49.9],
  ['lamp', 24.5],
  ['monitor', 219],
  ['mouse', 19.99],
  ['notebook', 3.2],
  ['webcam', 74.95],
] as const
const pages = ['/', '/products', '/products/lamp', '/cart', '/checkout', '/help'] as const

const purchase = (random: Random): Record<string, unknown> => {
  const items = Array.from({ length: randomInteger(random, 1, 4) }, () => {
    const [name, price] = pick(random, products)
    return { product_id: `prod-${name}`, name, quantity: randomInteger(random, 1, 3), price }
  })
  return {
    order_id: uuid(random),
    items,
    amount: round(items.reduce((sum, { quantity, price }) => sum + quantity * price, 0)),
    currency: pick(random, ['EUR', 'USD', 'GBP']),
    payment_method: pick(random, ['card', 'paypal', 'transfer']),
  }
}

const details: Readonly<Record<string, (random: Random) => Record<string, unknown>>> = {
  purchase,
  page_view: (random) => ({
    url: pick(random, pages),
    referrer: pick(random, [null, 'https://search.example', 'https://news.example']),
    seconds: randomInteger(random, 1, 240),
  }),
  click: (random) => ({
    url: pick(random, pages),
    element: pick(random, ['buy', 'menu', 'search', 'image']),
  }),
  impression: (random) => ({
    url: pick(random, pages),
    campaign: `campaign-${randomInteger(random, 1, 12)}`,
  }),
  login: (random) => ({ method: pick(random, ['password', 'oidc', 'passkey']), success: random() < 0.94 }),
  logout: (random) => ({ seconds: randomInteger(random, 10, 7_200) }),
  signup: (random) => ({ plan: pick(random, ['free', 'team', 'business']) }),
  error: (random) => ({
    url: pick(random, pages),
    error_code: pick(random, ['E_TIMEOUT', 'E_PAYMENT', 'E_UNKNOWN']),
    message: pick(random, ['The request timed out', 'The payment was declined', 'Something went wrong']),
  }),
}

export const userEvents: GeneratorType = {
  name: 'user_events',
  summary:
    'Purchases with items and amount, page views, clicks, impressions, logins, logouts, signups and errors: ' +
    '`event_id, event_type, user_id, session_id, priority, data, device, timestamp`; key `user_id`.',
  subjects: 1_000,
  make: ({ random, anyOf, subjects, timestamp }) => {
    const eventType = pickWeighted(random, [
      ['page_view', 45],
      ['click', 22],
      ['impression', 15],
      ['login', 5],
      ['logout', 4],
      ['purchase', 5],
      ['signup', 2],
      ['error', 2],
    ] as const)
    const userId = `user-${padded(anyOf(subjects) + 1, 4)}`
    const data = details[eventType]?.(random) ?? {}
    const amount = data['amount']
    const high = eventType === 'error' || (typeof amount === 'number' && amount > 500)
    return {
      key: userId,
      body: {
        event_id: uuid(random),
        event_type: eventType,
        user_id: userId,
        session_id: hex(random, 12),
        priority: high ? 'high' : between(random, 0, 1) < 0.2 ? 'low' : 'normal',
        data,
        device: pick(random, ['desktop', 'phone', 'tablet']),
        timestamp,
      },
    }
  },
}
