"""People and tokens, as far as somebody may see them."""

from django.db.models import QuerySet

from auditing.accounts.models import ApiToken, User
from auditing.accounts.roles import Permission
from auditing.core.errors import Missing


def users_visible_to(user: User) -> QuerySet[User]:
    """Everybody for who manages people, else herself alone."""
    everybody = User.objects.order_by("username")
    return everybody if user.may(Permission.MANAGE_USERS) else everybody.filter(pk=user.pk)


def tokens_visible_to(user: User) -> QuerySet[ApiToken]:
    """Her own tokens; who manages people sees that others' exist (their secrets nobody keeps)."""
    tokens = ApiToken.objects.select_related("user")
    return tokens if user.may(Permission.MANAGE_USERS) else tokens.filter(user=user)


def user_named(username: str) -> User:
    """A person by her username, for the command line. Raises Missing."""
    found = User.objects.filter(username=username).first()
    if found is None:
        raise Missing(f"There is nobody with the username {username!r}.")
    return found
