"""Signing in and out, one's own account, and the people of the house."""

from django.contrib.auth.views import LoginView, LogoutView

from auditing.web.policy import PUBLIC, SIGNED_IN, page

login = page(PUBLIC)(LoginView.as_view(template_name="accounts/login.html", redirect_authenticated_user=True))
logout = page(SIGNED_IN)(LogoutView.as_view())
