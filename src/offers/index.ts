export { Announcement, Delivery, type Reason } from './announcement.entity.ts';
export { Campaign, type Discount, Offer } from './campaign.entity.ts';
export { createCampaign } from './campaigns.service.ts';
export { ClaimQueue } from './claims/claim-queue.ts';
export { findContactLimits, setContactPolicy } from './contact/contact.service.ts';
export { keepPruningEngagement } from './engagement-retention.ts';
export { findLiveAnnouncements } from './live-announcements.service.ts';
export { connectOffers } from './my-offers.ts';
