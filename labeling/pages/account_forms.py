"""Forms of the account pages."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm

from labeling.models import ApiToken, Project, Scope, User
from labeling.pages.forms import CalmForm, dress

PASSWORD_HELP = "At least 12 characters, not only digits, not made of your name, not a common password."


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "The user name or the password is wrong.",
        "inactive": "This account is switched off.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"
        dress(self)


class ChangePasswordForm(PasswordChangeForm):
    tokens = forms.ChoiceField(
        choices=[("revoke", "revoke: programs must be given new ones"), ("keep", "keep: nobody else knows them")],
        initial="revoke",
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "Password now"
        self.fields["new_password1"].label = "New password"
        self.fields["new_password1"].help_text = PASSWORD_HELP
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password2"].help_text = ""
        in_use = ApiToken.objects.usable().filter(user=self.user).count()
        if in_use:
            plural = "" if in_use == 1 else "s"
            self.fields["tokens"].label = f"Your {in_use} API token{plural}"
        else:
            del self.fields["tokens"]
        dress(self)

    @property
    def keeps_tokens(self) -> bool:
        return self.cleaned_data.get("tokens") == "keep"


class NewPasswordForm(SetPasswordForm):
    """For whoever came by a link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = "New password"
        self.fields["new_password1"].help_text = PASSWORD_HELP
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password2"].help_text = ""
        dress(self)


class JoinForm(CalmForm):
    """A new account for whoever was invited. What it may be is checked by the service that makes it."""

    username = forms.CharField(
        max_length=150,
        label="User name",
        help_text="Letters, digits and @ . + - _",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    email = forms.EmailField(
        required=False, label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "email"}), max_length=254
    )
    password = forms.CharField(
        strip=False,
        label="Password",
        help_text=PASSWORD_HELP,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: Any = None, *, username: str = "", email: str = "") -> None:
        """With a name (an address) that is given the person chooses none."""
        super().__init__(data)
        if username:
            del self.fields["username"]
        if email:
            del self.fields["email"]


class TokenForm(CalmForm):
    name = forms.CharField(
        max_length=100, label="Name", help_text="What will use it, so that you know later which one to revoke."
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, scope.label) for scope in Scope],
        initial=Scope.values,
        widget=forms.CheckboxSelectMultiple,
        label="It may",
        error_messages={"required": "Choose at least one."},
    )
    project = forms.ModelChoiceField(
        queryset=Project.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label="all my projects",
        label="In",
    )
    expires_in_days = forms.TypedChoiceField(
        choices=[("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "no end")],
        initial="365",
        required=False,
        coerce=int,
        empty_value=None,
        label="For",
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        projects: forms.ModelChoiceField[Any] = self.fields["project"]  # type: ignore[assignment]
        projects.queryset = Project.objects.visible_to(user).order_by("name", "pk")

    def limits(self) -> dict[str, Any]:
        """What ``issue_token`` takes."""
        given = self.cleaned_data
        project = given["project"].slug if given["project"] else None
        return {"scopes": given["scopes"], "project": project, "expires_in_days": given["expires_in_days"]}
