"""Forms of the pages. They shape and repeat input; what is allowed is decided by the services (``Invalid``)."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm

from labeling.services.errors import Invalid


class CalmForm(forms.Form):
    """Widgets with the class of our stylesheet, no browser bubbles, errors from services beside their field."""

    use_required_attribute = False
    label_suffix = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def blame(self, error: Invalid) -> None:
        """Puts a service's refusal beside the field it names (``settings.overlap`` is the field ``overlap``)."""
        field = error.field.removeprefix("settings.")
        self.add_error(field if field in self.fields else None, error.reason)


def dress(form: forms.BaseForm) -> None:
    """Adds the stylesheet's class to every typed-in control."""
    for field in form.fields.values():
        if not isinstance(field.widget, forms.CheckboxInput | forms.RadioSelect | forms.ClearableFileInput):
            old = field.widget.attrs.get("class", "")
            field.widget.attrs["class"] = f"control {old}".strip()


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
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "Password now"
        self.fields["new_password1"].label = "New password"
        self.fields["new_password1"].help_text = "At least 8 characters, not only digits, not a common password."
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password2"].help_text = ""
        dress(self)


class TokenForm(CalmForm):
    name = forms.CharField(
        max_length=100, label="Name", help_text="What will use it, so that you know later which one to revoke."
    )
