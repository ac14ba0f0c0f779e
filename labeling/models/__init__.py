from labeling.models.action import Action
from labeling.models.annotation import Annotation, Viewport
from labeling.models.asked_again import AskedAgain
from labeling.models.asset import Asset
from labeling.models.attempt_limit import AttemptLimit
from labeling.models.audit_event import AppendOnly, AuditEvent
from labeling.models.backup import Backup
from labeling.models.bulk_step import BulkDo, BulkItem, BulkStep
from labeling.models.context import Context
from labeling.models.facet_index import FacetBlock, FacetIndex, WordBlock
from labeling.models.gold_told import GoldTold
from labeling.models.housekeeping import Housekeeping
from labeling.models.import_batch import ImportBatch, ImportFormat, ImportRejection
from labeling.models.import_draft import ImportDraft
from labeling.models.instructions import Instructions
from labeling.models.invitation import Invitation
from labeling.models.item import Because, Item, ItemStatus, Split
from labeling.models.item_comment import ItemComment
from labeling.models.job_record import JobRecord, JobRecordQuerySet, JobState
from labeling.models.known_address import KnownAddress
from labeling.models.known_answer import KnownAnswer, KnownFrom
from labeling.models.label import Label
from labeling.models.machine import Machine, MachineVersion
from labeling.models.member import Member
from labeling.models.pair import Gold, Pair
from labeling.models.permission import Permission, Role
from labeling.models.playback import Playback
from labeling.models.practice import PracticeQuestion, PracticeRound, PracticeState
from labeling.models.prediction import Prediction, PredictionImport
from labeling.models.progress import Progress
from labeling.models.project import (
    AskAbout,
    AskAgain,
    ConsensusBy,
    FallBack,
    GoldFeedback,
    MachineVotes,
    Modality,
    Pairs,
    ProductionMode,
    Project,
)
from labeling.models.project_jobs import OverlapChange, ProjectDeletion
from labeling.models.quarantine import Quarantine
from labeling.models.queue import Epoch, PairQueueEntry, QueueEntry
from labeling.models.review_decision import ReviewDecision, ReviewSort, Verdict
from labeling.models.review_entry import ReviewEntry, ReviewPlan
from labeling.models.scheme_change import Relabeling, SchemeChange, SchemeOperation
from labeling.models.snapshot import Snapshot
from labeling.models.source import Source
from labeling.models.stored_report import AnswerCounts, StoredReport
from labeling.models.suggestion import Suggestion
from labeling.models.sweep_record import SweepRecord
from labeling.models.task import Reason, SkipReason, Task, TaskState
from labeling.models.token import ApiToken, Scope
from labeling.models.user import User
from labeling.models.worker_machine import WorkerMachine

__all__ = [
    "Action",
    "Annotation",
    "AnswerCounts",
    "ApiToken",
    "AppendOnly",
    "AskAbout",
    "AskAgain",
    "AskedAgain",
    "Asset",
    "AttemptLimit",
    "AuditEvent",
    "Backup",
    "Because",
    "BulkDo",
    "BulkItem",
    "BulkStep",
    "ConsensusBy",
    "Context",
    "Epoch",
    "FacetBlock",
    "FacetIndex",
    "FallBack",
    "Gold",
    "GoldFeedback",
    "GoldTold",
    "Housekeeping",
    "ImportBatch",
    "ImportDraft",
    "ImportFormat",
    "ImportRejection",
    "Instructions",
    "Invitation",
    "Item",
    "ItemComment",
    "ItemStatus",
    "JobRecord",
    "JobRecordQuerySet",
    "JobState",
    "KnownAddress",
    "KnownAnswer",
    "KnownFrom",
    "Label",
    "Machine",
    "MachineVersion",
    "MachineVotes",
    "Member",
    "Modality",
    "OverlapChange",
    "Pair",
    "PairQueueEntry",
    "Pairs",
    "Permission",
    "Playback",
    "PracticeQuestion",
    "PracticeRound",
    "PracticeState",
    "Prediction",
    "PredictionImport",
    "ProductionMode",
    "Progress",
    "Project",
    "ProjectDeletion",
    "Quarantine",
    "QueueEntry",
    "Reason",
    "Relabeling",
    "ReviewDecision",
    "ReviewEntry",
    "ReviewPlan",
    "ReviewSort",
    "Role",
    "SchemeChange",
    "SchemeOperation",
    "Scope",
    "SkipReason",
    "Snapshot",
    "Source",
    "Split",
    "StoredReport",
    "Suggestion",
    "SweepRecord",
    "Task",
    "TaskState",
    "User",
    "Verdict",
    "Viewport",
    "WordBlock",
    "WorkerMachine",
]  # fmt: skip
