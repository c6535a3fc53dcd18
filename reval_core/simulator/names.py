"""The names that invented people are made of: short lists, as mixed as the UK's doctors are. No real person is meant.

No name holds a character that XML treats specially; `gmc_answers` relies on it, and a test checks it.
"""

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES: Final = _words(
    """
    Aaliyah Aaron Abigail Adaeze Adam Aditi Agnieszka Ahmed Aidan Aisha Alasdair Alexandra Ali Alice Amara Amelia
    Amina Amir Amy Ananya Andrew Angharad Anika Anna Anthony Aoife Arjun Arun Ayesha Babajide Beatriz Ben Bethan
    Bilal Bláthnaid Bronwen Caitlín Callum Cameron Catherine Charlotte Chiamaka Chidi Chloë Chukwuemeka Ciarán
    Claire Cláudia Connor Daniel David Deepak Denise Dimitra Divya Dylan Efua Eilidh Eleanor Elif Elizabeth Ella
    Emeka Emily Emma Eoin Esi Esther Ethan Fatima Fatuma Femi Ffion Fionnuala Folasade François Freya Gareth George
    Gethin Grace Grzegorz Gurpreet Gwenllian Hamza Hannah Harpreet Harry Hassan Helena Henry Hugo Ibrahim Ifeoma
    Imogen Imran Inés Ioana Isabella Ishaan Isla Jack Jacob James Jasmine Jenna Jessica João Jonathan José Joseph
    Joshua Julia Kamal Katarzyna Kavita Keira Kiran Kofi Krishnan Kwame Laila Laura Lauren Leila Lewis Li Liam Lily
    Llŷr Louise Lucy Luke Łukasz Mairéad Małgorzata Marcus Maria Marta Martha Mary Matthew Mei Meera Megan Mehmet
    Michael Mohammed Molly Morwenna Muhammad Nadia Naomi Natasha Neha Ngozi Niamh Nicholas Nikhil Nina Noor Nuala
    Oisín Oliver Olivia Oluwaseun Omar Oscar Owain Paolo Patrick Pedro Peter Poppy Priya Rachel Rahul Rania Rebecca
    Renée Rhiannon Rhys Richard Robert Rohan Róisín Rosa Rose Ruth Ryan Saanvi Sachin Sadia Saima Samira Samuel Sana
    Sandeep Sanjay Saoirse Sara Sarah Seán Shabnam Shanice Shreya Simon Sinéad Siân Siobhán Sofia Sophie Stephen
    Sunita Tariq Temitope Thandiwe Theo Thomas Tomasz Tunde Uchenna Usman Victoria Vikram Wei William Xin Yasmin
    Yetunde Yusuf Zahra Zainab Zoë Zuzanna
    """
)

LAST_NAMES: Final = _words(
    """
    Abbott Abdi Abdullah Acheampong Adebayo Adeyemi Afolabi Agarwal Ahmed Akhtar Ali Allen Amin Anderson Anwar
    Appiah Armstrong Asante Ashraf Atkinson Aziz Bailey Baker Balogun Banerjee Barker Begum Bell Bennett Bhatt
    Bianchi Boateng Bose Boyle Bradley Brânză Brown Burke Butler Byrne Campbell Carter Castaño Chan Chandra
    Chatterjee Chaudhry Chen Cheung Choudhury Chowdhury Clarke Cohen Collins Cooper Costa Cox Cunningham D'Arcy
    D'Souza Das Davies Dawson Demir Desai Dhillon Díaz Dixon Doherty Dogan Douglas Eze Edwards Ellis Evans Farah
    Farooq Fernandes Ferreira Fitzgerald Fletcher Foster Fraser Gallagher García Gill Goldberg Gonçalves Gordon
    Graham Green Griffiths Grant Gupta Hall Hamilton Haque Harris Hassan Henderson Hill Hoang Hopkins Hossain Hughes
    Hussain Hussein Hunt Ibrahim Iqbal Islam Iyer Jackson Jain Jamal James Janssen Jenkins Johnson Jones Joshi
    Kamara Kapoor Kaur Kelly Kennedy Khalid Khan Khatun Kim King Kowalski Krishnamurthy Kumar Kurt Lam Lawal Lawson
    Le Lee Lewis Liu Lloyd López Łuczak MacDonald MacLeod Mahmood Malik Manickam Marshall Martin Mason Matthews
    McCarthy McDonald McGrath McKenzie McLean Mehta Mensah Menon Mills Mir Mishra Mistry Mitchell Mohamed Moore
    Morgan Morris Moss Müller Murphy Murray Mukherjee Musa Nair Ndlovu Nguyen Noor Novák Nowak Núñez Nwosu O'Brien
    O'Connor O'Donnell O'Neill O'Sullivan Obi Okafor Okeke Okonkwo Oladipo Olsen Onyango Osei Owen Owusu Özdemir
    Pandey Papadopoulos Parker Parry Patel Pereira Peters Petrov Phillips Pillai Popescu Powell Price Qureshi Rahman
    Raj Rajan Ramírez Rao Rashid Reddy Rees Reid Reilly Richards Roberts Robinson Rogers Rossi Roy Russell Sahin
    Saleh Sánchez Santos Sato Schofield Schröder Scott Sen Shah Shaikh Sharma Shaw Siddiqui Silva Simpson Singh
    Sinha Smith Sørensen Srinivasan Stewart Subramaniam Sutherland Suzuki Syed Szabó Takahashi Tan Tanner Taylor
    Thomas Thompson Tiwari Tkachenko Tran Turner Uddin Usman Van-Dijk Varma Vaughan Venkatesan Verma Vickers Wang
    Walker Walsh Ward Warsame Watson Webb West White Wilkinson Williams Wilson Wong Wood Wójcik Wright Wu Yadav Yang
    Yeung Yıldız Young Yusuf Zaman Zhang Zhou
    """
)

SPECIALTIES: Final = (
    "Acute Internal Medicine",
    "Anaesthetics",
    "Cardiology",
    "Clinical Oncology",
    "Clinical Radiology",
    "Core Psychiatry Training",
    "Dermatology",
    "Emergency Medicine",
    "Gastroenterology",
    "General (Internal) Medicine",
    "General Practice",
    "General Surgery",
    "Geriatric Medicine",
    "Haematology",
    "Histopathology",
    "Intensive Care Medicine",
    "Internal Medicine Training",
    "Neurology",
    "Obstetrics and Gynaecology",
    "Ophthalmology",
    "Otolaryngology",
    "Paediatrics",
    "Palliative Medicine",
    "Public Health Medicine",
    "Renal Medicine",
    "Respiratory Medicine",
    "Trauma & Orthopaedic Surgery",
    "Urology",
)
FOUNDATION: Final = "Foundation Programme"
