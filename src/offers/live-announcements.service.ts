/** What is being announced at a game: announcements whose campaign is LIVE, while the game is not over. */
import type { Context } from '../context.ts';
import { isOver } from '../venues/index.ts';
import { Announcement } from './announcement.entity.ts';
import { campaignStatus } from './campaigns.service.ts';

/** The newest first, at most 1,000. */
export async function findLiveAnnouncements(context: Context, gameId: string): Promise<Announcement[]> {
  const { em, loaders } = context;
  const game = await loaders.game.load(gameId);
  if (!game || isOver(game)) return [];
  const announcements = await em.find(Announcement, { gameId }, { orderBy: { id: 'desc' }, limit: 1_000 });
  const now = await context.now();
  const campaigns = await loaders.campaign.loadMany(announcements.map(({ campaignId }) => campaignId));
  return announcements.filter((_, place) => {
    const campaign = campaigns[place];
    return campaign && !(campaign instanceof Error) && campaignStatus(campaign, now) === 'LIVE';
  });
}
