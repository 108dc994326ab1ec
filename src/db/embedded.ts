export class EmbeddedPostgresError extends Error {}
export interface EmbeddedPostgres { readonly url: string; stop(): Promise<void> }
export async function startEmbeddedPostgres(_options: { dataDir: string; settings?: Record<string, string> }): Promise<EmbeddedPostgres> {
  throw new EmbeddedPostgresError('set DATABASE_URL');
}
