/**
 * The cases: a consent is withdrawn at the worst moment, and the stream goes on. Each says what is required of any
 * server; the judge finds leaks by itself, a case names what must arrive nevertheless.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LEASE_MS, type Stage } from './stage.ts';

export interface Case {
  readonly name: string;
  readonly requires: string;
  readonly play: (stage: Stage) => Promise<void>;
}

export const CASES: readonly Case[] = [
  {
    name: 'before the stream opens',
    requires: 'A stream opened after the withdrawal brings its events without the value.',
    play: async (stage) => {
      await stage.enter();
      stage.leave();
      await stage.withdraw('here', 'FIELD');
      await stage.open();
      await stage.settle();
      await stage.arrive([await stage.publish()]);
    },
  },
  {
    name: 'between publish and delivery',
    requires:
      'What was published before the withdrawal and is delivered after it comes without the value, or not at all where the event as a whole was withdrawn.',
    play: async (stage) => {
      await stage.enter();
      const first = await stage.hinder('holdBack');
      const early = await stage.publish();
      await stage.withdraw('here', 'FIELD');
      await stage.pastGrace();
      await first();
      const late = await stage.publish();
      await stage.arrive([early, late]);

      const second = await stage.hinder('holdBack');
      await stage.publish();
      await stage.withdraw('here', 'EVENT');
      await stage.pastGrace();
      await second();
      await stage.grant('here', 'EVENT');
      await stage.arrive([await stage.publish()]);
    },
  },
  {
    name: 'during a resolver',
    requires:
      'An execution that the withdrawal finds in the middle sends its event without the value, even where the value was resolved before.',
    play: async (stage) => {
      await stage.enter();
      const { event, release } = await stage.publishIntoResolver();
      const withdrawal = stage.withdraw('here', 'FIELD');
      // It may wait for the execution, as long as a lease.
      await Promise.race([withdrawal, sleep(2 * LEASE_MS)]);
      await stage.pastGrace();
      await release();
      await withdrawal;
      await stage.arrive([event, await stage.publish()]);
    },
  },
  {
    name: 'on another node',
    requires: 'A stream on one node goes dark by a withdrawal on another, and goes on with what is still consented to.',
    play: async (stage) => {
      await stage.enter();
      const deliver = await stage.hinder('holdBack');
      const before = await stage.publish();
      await stage.withdraw('there', 'FIELD');
      const after = await stage.publish();
      await stage.pastGrace();
      await deliver();
      await stage.arrive([before, after]);
    },
  },
  {
    name: 'with the wake-up lost',
    requires: 'A node that is told nothing sends no value after the withdrawal, and loses no event.',
    play: async (stage) => {
      await stage.enter();
      await stage.hinder('loseWakeUps');
      const deliver = await stage.hinder('holdBack');
      const before = await stage.publish();
      await stage.withdraw('there', 'FIELD');
      const after = await stage.publish();
      await stage.pastGrace();
      await deliver();
      await stage.arrive([before, after]);
    },
  },
  {
    name: 'with the database cut off past the lease',
    requires:
      'A node that was without its database when the consent was withdrawn on another sends no value when it is back, and everything that was published meanwhile.',
    play: async (stage) => {
      await stage.enter();
      const heal = await stage.hinder('cutDatabase', 'REFUSED');
      const before = await stage.publish();
      await stage.withdraw('there', 'FIELD');
      await stage.pastLease();
      const after = await stage.publish();
      await heal();
      await stage.settle();
      await stage.arrive([before, after]);
    },
  },
  {
    name: 'cut off during a resolver',
    requires:
      'The same where no connection broke but nothing came through, and the withdrawal found an execution in the middle.',
    play: async (stage) => {
      await stage.enter();
      const { event, release } = await stage.publishIntoResolver();
      const heal = await stage.hinder('cutDatabase', 'SILENT');
      await stage.withdraw('there', 'FIELD');
      await stage.pastLease();
      await release();
      const after = await stage.publish();
      await heal();
      await stage.arrive([event, after]);
    },
  },
  {
    name: 'connection broken during a resolver',
    requires: 'The same where the connections broke under the execution: it is made again, and its event not lost.',
    play: async (stage) => {
      await stage.enter();
      const { event, release } = await stage.publishIntoResolver();
      const heal = await stage.hinder('cutDatabase', 'REFUSED');
      await stage.withdraw('there', 'FIELD');
      await stage.pastLease();
      await release();
      const after = await stage.publish();
      await heal();
      await stage.settle();
      await stage.arrive([event, after]);
    },
  },
  {
    name: 'with the node frozen past the lease',
    requires:
      'A process that was suspended when the consent was withdrawn on another node sends no value when it runs again, and everything that was published meanwhile.',
    play: async (stage) => {
      await stage.enter();
      const thaw = await stage.hinder('freeze');
      const before = await stage.publish();
      await stage.withdraw('there', 'FIELD');
      await stage.pastLease();
      const after = await stage.publish();
      await thaw();
      await stage.arrive([before, after, await stage.publish()]);
    },
  },
  {
    name: 'frozen during a resolver',
    requires: 'The same where the process was suspended in the middle of an execution.',
    play: async (stage) => {
      await stage.enter();
      const { event, release } = await stage.publishIntoResolver();
      const thaw = await stage.hinder('freeze');
      await stage.withdraw('there', 'FIELD');
      await stage.pastLease();
      await release();
      const after = await stage.publish();
      await thaw();
      await stage.arrive([event, after]);
    },
  },
  {
    name: 'granted again',
    requires:
      'A new grant covers what is published under it, and brings back nothing from before it, however late that is delivered.',
    play: async (stage) => {
      await stage.enter();
      const deliver = await stage.hinder('holdBack');
      const before = await stage.publish();
      await stage.withdraw('there', 'FIELD');
      const between = await stage.publish();
      await stage.pastGrace();
      await stage.grant('there', 'FIELD');
      const after = await stage.publish();
      await deliver();
      await stage.arrive([before, between]);
      await stage.arrive([after], true);

      await stage.withdraw('there', 'EVENT');
      await stage.publish();
      await stage.grant('there', 'EVENT');
      await stage.arrive([await stage.publish()], true);
    },
  },
  {
    name: 'resumed from an old cursor',
    requires:
      'A stream that resumes on a node that was killed and started again brings everything since its cursor, each value only where consent to it held from its event until now.',
    play: async (stage) => {
      await stage.enter();
      const cursor = stage.lastCursor;
      const covered = await stage.publish();
      await stage.arrive([covered], true);
      stage.leave();
      await stage.withdraw('there', 'FIELD');
      const between = await stage.publish();
      await stage.restart();
      await stage.grant('there', 'FIELD');
      const after = await stage.publish();
      await stage.pastGrace();
      const seen = stage.judge.frames.length;
      await stage.open(cursor);
      await stage.arrive([between]);
      await stage.arrive([after], true);
      if (!stage.judge.frames.slice(seen).some(({ event }) => event === covered)) stage.lost.add(covered);
    },
  },
  {
    name: 'withdrawn where there is no database',
    requires:
      'A withdrawal on a node that cannot reach the database is answered with an error, never with success; asked again when it can, it holds for whatever is opened then.',
    play: async (stage) => {
      await stage.enter();
      const heal = await stage.hinder('cutDatabase', 'REFUSED');
      await stage.failToWithdraw('here', 'FIELD');
      await heal();
      await stage.settle();
      stage.leave();
      await stage.withdraw('here', 'FIELD');
      await stage.open();
      await stage.settle();
      await stage.arrive([await stage.publish()]);
    },
  },
];
