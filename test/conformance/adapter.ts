/**
 * What the suite asks of a server under test. Whoever implements it for a GraphQL server of their own can run every
 * case against it. What the server cannot be made to do is left out, and its cases are reported as not applicable.
 *
 * The world of the cases is small. There are two nodes over one shared state, each a process of its own. A subject
 * gives two consents: to being told of events at all (EVENT), and to one value that events carry (FIELD). A stream is
 * open on the node `here`; events are published on the node `there`, and all obstacles are put in the way of `here`.
 */
export const TRANSPORTS = ['graphql-ws', 'SSE'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export type Consent = 'EVENT' | 'FIELD';
export type Place = 'here' | 'there';

/** Whatever identifies a subject to the server: a token, as a rule. */
export type Subject = string;

/** One frame of a stream, as far as the suite understands it. */
export interface Frame {
  /** The id of the published event that it tells of; null when it tells of none. */
  readonly event: string | null;
  /** What FIELD gates; null when it is withheld. */
  readonly value: string | null;
  /** Where the stream can be resumed after this frame. */
  readonly cursor: string | null;
}

export type Release = () => Promise<void>;

export interface OpenStream {
  close(): void;
}

export interface StreamRequest {
  readonly subject: Subject;
  readonly transport: Transport;
  /** A cursor to resume after; null for what comes from now on. */
  readonly after: string | null;
  readonly receive: (frame: Frame) => void;
  /** Hears of frames that are errors, and of an end that the suite did not ask for. It is noted, and judged by its effect. */
  readonly trouble: (message: string) => void;
}

/** Each is undone by what it returns. */
export interface Obstacles {
  /** Published events stay undelivered until released. */
  holdBack?(): Promise<Release>;
  /** The next execution of an event stops inside a resolver; `reached` resolves when one has stopped there. */
  pauseResolver?(): Promise<{ reached: () => Promise<void>; release: Release }>;
  /** What other nodes tell `here` does not reach it. */
  loseWakeUps?(): Promise<Release>;
  /** `here` loses its database: connections break and are refused, or nothing flows and nothing is closed. */
  cutDatabase?(how: 'REFUSED' | 'SILENT'): Promise<Release>;
  /** The process of `here` is suspended. */
  freeze?(): Promise<Release>;
  /** The process of `here` is killed without warning, and another is started in its place. */
  restart?(): Promise<void>;
}

export interface Cluster extends Obstacles {
  /** Whether a stream can be resumed after a cursor. */
  readonly resumes: boolean;
  /** A new subject who has given both consents. */
  enroll(): Promise<Subject>;
  /** Opens a stream on `here`. */
  open(request: StreamRequest): Promise<OpenStream>;
  /** Publishes an event on `there` that concerns every subject: its id, once it is committed. */
  publish(): Promise<string>;
  /** @throws ServerError when the server answers with anything but success. */
  grant(place: Place, subject: Subject, consent: Consent): Promise<void>;
  /** @throws ServerError when the server answers with anything but success. */
  withdraw(place: Place, subject: Subject, consent: Consent): Promise<void>;
  close(): Promise<void>;
}

export interface Stack {
  readonly name: string;
  /** Two nodes over a database of their own, which is empty. */
  start(databaseUrl: string): Promise<Cluster>;
}

/** The server answered, and it was no success. */
export class ServerError extends Error {}
