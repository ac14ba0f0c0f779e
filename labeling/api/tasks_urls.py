"""Addresses of the questions and answers."""

from django.urls import path

from labeling.api import items, tasks

urlpatterns = [
    path("projects/<slug:slug>/tasks/next/", tasks.NextTasks.as_view(), name="task-next"),
    path("tasks/<int:pk>/answer/", tasks.TaskAnswer.as_view(), name="task-answer"),
    path("tasks/<int:pk>/preview/<str:part>/", items.TaskPreview.as_view(), name="task-preview"),
    path("tasks/<int:pk>/skip/", tasks.TaskSkip.as_view(), name="task-skip"),
]
