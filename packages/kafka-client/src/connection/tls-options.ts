/** What TLS needs, as data: the certificates on both sides, and the name that the broker's has to hold. */

type Pem = string | Buffer

export interface TlsOptions {
  /** Authorities that brokers' certificates may come from, in PEM; the system's own where left out. */
  readonly ca?: Pem | readonly Pem[]
  /** This client's certificate and what leads to its authority, in PEM, for brokers that ask for one. */
  readonly cert?: Pem
  /** The private key of `cert`, in PEM. */
  readonly key?: Pem
  /** Opens `key` where it is encrypted. */
  readonly passphrase?: string
  /** The name that brokers' certificates hold, where it is not the one they are reached by. */
  readonly servername?: string
  /**
   * False: any certificate is taken, so anybody in between can read and change everything. Only this option switches the
   * check off; NODE_TLS_REJECT_UNAUTHORIZED does not.
   */
  readonly rejectUnauthorized?: false
}

/** Asked at each connection, so that certificates which were renewed meanwhile are taken. */
export type TlsSource = () => TlsOptions | Promise<TlsOptions>
