/** What the build derives from the contract: see `build/vite-options.ts`. */
declare module 'virtual:endpoints' {
  /** Method and path of every entry, by `resource.key`. */
  export const endpoints: Readonly<Record<string, readonly [method: string, path: string]>>
  /** The entry that answers what a state channel of the live feed sends. */
  export const channels: Readonly<Record<string, string>>
  export const livePath: string
}
