"""What every refusal says, with its status and the way on."""

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.domain import errors as domain


class Way(StrEnum):
    """Where a refused person can go on."""

    NONE = "none"
    RESULT = "result"
    ATTEMPT = "attempt"
    BREAK = "break"
    COHORT = "cohort"
    PAGE = "page"
    """The page that the form was on."""


@dataclass(frozen=True, slots=True)
class Words:
    """What an error page says and where it leads. The texts are in the page's language."""

    status: int
    title: str
    text: str
    way: Way = Way.NONE


WAY_LABELS = {
    Way.RESULT: _l("See the result"),
    Way.ATTEMPT: _l("Back to the test"),
    Way.BREAK: _l("Back to the break"),
    Way.COHORT: _l("Back to the cohort"),
    Way.PAGE: _l("See how it is now"),
}

NOT_FOUND = Words(
    404,
    _l("This page is not here"),
    _l("The address may be mistyped, or the page belongs to somebody else."),
)

REFUSALS: dict[type[domain.DomainError], Words] = {
    domain.NotFound: NOT_FOUND,
    domain.LookOver: Words(
        404,
        _l("This look is over"),
        _l("Please open the record again from the cohort's people."),
    ),
    domain.LinkGone: Words(
        404,
        _l("This link no longer works"),
        _l("It works once and for a short time. If you still need it, please ask for a new one."),
    ),
    domain.AssignmentWithdrawn: Words(
        404,
        _l("This assignment was withdrawn"),
        _l(
            "Your trainer took it back, so it cannot be started any more. What you have done on it "
            "stays yours, in My tests."
        ),
    ),
    domain.CodeGone: Words(
        404,
        _l("This code does not work"),
        _l(
            "It may be mistyped, or it has run out, been taken back or been used. "
            "Please check each sign, or ask your trainer for a new one."
        ),
    ),
    domain.AlreadyMember: Words(
        409,
        _l("You are in this cohort already"),
        _l("Nothing was changed. What is set for you is on your start page."),
    ),
    domain.OwnCohort: Words(
        409,
        _l("You train this cohort"),
        _l("So you need not join it. Your candidates join it with this code."),
    ),
    domain.LastTrainer: Words(
        409,
        _l("A cohort keeps at least one trainer"),
        _l("Please add another trainer first."),
    ),
    domain.CohortArchived: Words(
        409,
        _l("This cohort is archived"),
        _l("Its results can still be read, and nothing new can be started in it."),
        Way.COHORT,
    ),
    domain.NotOpenYet: Words(
        409,
        _l("This assignment is not open yet"),
        _l("It will be on your start page when it opens."),
    ),
    domain.PastDue: Words(
        409,
        _l("This assignment can no longer be started"),
        _l("Its due date has passed. If you still want to do it, please ask your trainer."),
    ),
    domain.NoAttemptLeft: Words(
        409,
        _l("Every attempt at this assignment is used"),
        _l("Your results stay in My tests."),
    ),
    domain.FeedbackLater: Words(
        409,
        _l("Handed in: the result opens later"),
        _l("Your answers are saved, and there is nothing more to do."),
    ),
    domain.NotOnForm: Words(
        422,
        _l("That does not belong to this test"),
        _l("The question or option is not part of this test. Nothing was changed."),
        Way.ATTEMPT,
    ),
    domain.AttemptFinished: Words(
        409,
        _l("This test has ended"),
        _l("Your answers were saved up to its end. Later changes do not count."),
        Way.RESULT,
    ),
    domain.TimeIsUp: Words(
        409,
        _l("The time is up"),
        _l("Every answer that was saved in time counts."),
        Way.ATTEMPT,  # in the minute of tolerance there is no result yet
    ),
    domain.BreakRunning: Words(
        409,
        _l("You are on your break"),
        _l("The questions open again when you end the break."),
        Way.BREAK,
    ),
    domain.BreakNotOffered: Words(
        409,
        _l("There is no break to take now"),
        _l("It was taken or skipped already, or this test has none."),
        Way.ATTEMPT,
    ),
    domain.PartNotReached: Words(
        409,
        _l("That question comes after the break"),
        _l("Take the break or skip it first. Your answers are saved."),
        Way.ATTEMPT,
    ),
    domain.PartLocked: Words(
        409,
        _l("The first part is closed"),
        _l("On this site the questions before the break stay closed after it."),
        Way.ATTEMPT,
    ),
    domain.LanguageFixed: Words(
        409,
        _l("The language of this test is fixed"),
        _l("It was set at the start. Practice tests let you switch."),
        Way.ATTEMPT,
    ),
    domain.AnswerShown: Words(
        409,
        _l("The answer to this question has been shown"),
        _l("Your first answer stands. You can go on with the next question."),
        Way.ATTEMPT,
    ),
    domain.SignedOut: Words(
        401,
        _l("Please sign in again"),
        _l("Your saved answers are safe."),
    ),
    domain.WritesElsewhere: Words(
        409,
        _l("The test is open elsewhere"),
        _l("It goes on in another window or on another device. You can take it over here."),
        Way.ATTEMPT,
    ),
    domain.AlreadyVoided: Words(
        409, _l("This try was given back before"), _l("Nothing was changed.")
    ),
    domain.AnotherRuns: Words(
        409,
        _l("This person is taking another test of this kind"),
        _l("Please wait until it has ended. Nothing was changed."),
    ),
    domain.NotEndedByClock: Words(
        409,
        _l("This test was not ended by its clock"),
        _l("Only a test whose time ran out can be opened again. Nothing was changed."),
    ),
    domain.ChangedMeanwhile: Words(
        409,
        _l("This was changed in the meantime"),
        _l(
            "Somebody changed it after you had opened the page, perhaps you in another window. "
            "So that nobody's change is lost, yours was not saved. Please look at how it is now, "
            "and make your change there if you still want it."
        ),
        Way.PAGE,
    ),
    domain.MaintenanceMode: Words(
        503,
        _l("No new test can start just now"),
        _l(
            "We are looking after the site. Tests that are running go on, and saved answers are "
            "safe. Please try again in a few minutes."
        ),
    ),
    domain.ResultNotReady: Words(
        409,
        _l("The result comes at the end"),
        _l("This test is still running. Nothing of it is shown before you submit it."),
        Way.ATTEMPT,
    ),
}
