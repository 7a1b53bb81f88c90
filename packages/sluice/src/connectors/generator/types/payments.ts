/** E's payment payload. */
import { between, enveloped, type GeneratorType, pick, pickWeighted, uuid } from '../type.ts'

export const payments: GeneratorType = {
  name: 'payments',
  summary:
    'In an envelope: `transaction_id`, `amount` (5-500), `currency` (USD, EUR, INR), `method` (card, upi, wallet).',
  subjects: 1,
  make: (draw) => {
    const transactionId = uuid(draw.random)
    // Most payments are small: the square leans to the low end.
    const part = draw.random() ** 2
    return enveloped(draw, 'payments', transactionId, {
      transaction_id: transactionId,
      amount: between(() => part, 5, 500),
      currency: pick(draw.random, ['USD', 'EUR', 'INR']),
      method: pickWeighted(draw.random, [
        ['card', 60],
        ['upi', 25],
        ['wallet', 15],
      ] as const),
    })
  },
}
