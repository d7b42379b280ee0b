from django.urls import path
from otp import views

urlpatterns = [
    path("send", views.send),
    path("verify", views.verify),
    path("users", views.create_user),
    path("totp", views.totp),
]
