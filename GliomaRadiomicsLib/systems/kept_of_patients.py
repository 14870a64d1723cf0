"""What a survival bundle keeps of its training patients, for its card."""

HOLDS_DAYS_OF_DEATH = (
    "Who has this bundle can read off, without names or dates, on which days of follow-up training patients died (the "
    "baseline hazard needs them). The Kaplan-Meier curves are kept by months of 30 days, without single censored "
    "follow-ups. Where that is too much for so small a cohort, do not pass the bundle on."
)
HOLDS_HELD_OUT_RISKS = (
    "It also keeps the risk of each training patient held out, by a hash of outline and image: who has the images can "
    "find it again, nobody else."
)
