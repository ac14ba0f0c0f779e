"""Addresses of the questions and answers."""

from django.urls import path

from labeling.api import items, practice, tasks
from labeling.api.lean import lean_path

urlpatterns = [
    lean_path("projects/<slug:slug>/tasks/next/", tasks.NextTasks, name="task-next"),
    lean_path("tasks/<int:pk>/answer/", tasks.TaskAnswer, name="task-answer"),
    lean_path("tasks/answers/", tasks.TaskAnswers, name="task-answers"),
    path("tasks/<int:pk>/preview/<str:part>/", items.TaskPreview.as_view(), name="task-preview"),
    path("tasks/<int:pk>/skip/", tasks.TaskSkip.as_view(), name="task-skip"),
    # the same for a practice round, whose questions are no tasks
    path("projects/<slug:slug>/practice/", practice.PracticeView.as_view(), name="practice"),
    path("practice/projects/<slug:slug>/tasks/next/", practice.PracticeNext.as_view(), name="practice-next"),
    path("practice/tasks/<int:pk>/answer/", practice.PracticeAnswer.as_view(), name="practice-answer"),
    path("practice/tasks/<int:pk>/skip/", practice.PracticeSkip.as_view(), name="practice-skip"),
]
